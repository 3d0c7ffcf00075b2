import { type Isa, isas } from '../../backend.ts'
import { avx2 } from './avx2.ts'
import { avx512 } from './avx512.ts'
import type { InstructionSet } from './instruction-set.ts'
import { neon } from './neon.ts'
import { portable } from './portable.ts'
import { sse4 } from './sse4.ts'

export { constantOf, type InstructionSet, targetOf } from './instruction-set.ts'

/** Exhaustive: a new instruction set does not compile without its file. */
const instructionSets: { readonly [I in Isa]: InstructionSet } = { portable, neon, sse4, avx2, avx512 }

/** Those that are chosen, the best first; portable code is always the last. */
export const setsOf = (chosen: readonly Isa[]): readonly InstructionSet[] =>
  isas
    .filter(isa => isa === 'portable' || chosen.includes(isa))
    .map(isa => instructionSets[isa])
    .reverse()

/** Those that a processor may have, the best first; whether it does, generated code asks the machine. */
export const isasOf = (processor: string): Isa[] =>
  isas.filter(isa => instructionSets[isa].architecture?.processors.includes(processor) ?? true).reverse()

/** Whether the machine has what functions for an instruction set are compiled for, so many columns from the left. */
export const conditionOf = ({ architecture, features }: InstructionSet, column: number): string =>
  architecture && features.length > 0 ? features.map(architecture.has).join(` &&\n${' '.repeat(column)}`) : '1'
