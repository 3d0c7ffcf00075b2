import { CompileError, type Where } from './diagnostic.ts'
import { diagnostics } from './diagnostics.ts'
import { elements, type TensorType } from './tensor.ts'

/** Most bytes of one value, and of all memory of a network: offsets are 32-bit integers in every target. */
export const LARGEST_BYTES = 2 ** 31 - 1

/** Bytes of a value as generated code holds it at the most: bits and pixels may be widened to words. */
export const mostBytes = ({ dtype, shape }: TensorType): number => elements(shape) * (dtype === 'i64' ? 8 : 4)

/** Refuses a value that no target could address. */
export function refuseHuge(where: Where, type: TensorType): void {
  if (!(mostBytes(type) <= LARGEST_BYTES))
    throw new CompileError(diagnostics.tooLarge(where, `makes a value of shape [${type.shape}]`, LARGEST_BYTES))
}
