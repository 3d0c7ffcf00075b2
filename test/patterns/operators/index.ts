import { borders, resizes, transposedConvolutions } from './images.ts'
import { integers, rankings } from './integers.ts'
import { normalizations } from './normalizations.ts'
import type { Operator } from './operator.ts'
import { integerSums, quantizers } from './quantized.ts'

export const operators: Readonly<Record<string, readonly Operator[]>> = {
  integers,
  rankings,
  quantizers,
  integerSums,
  normalizations,
  borders,
  resizes,
  transposedConvolutions,
}
