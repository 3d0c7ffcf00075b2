import { ALIGNMENT } from '../../../plan/arena.ts'
import { joinParts } from '../../print/binary-file.ts'
import { hash64 } from '../../print/hash.ts'
import { type Constant, constantBytes } from './index.ts'

/** NAME.bin: what tells it from the file of another model, then the constants, each from a multiple of 64 bytes on. */
export interface ConstantsFile {
  /** Text that the file begins with, followed by zeros up to 64 bytes. */
  readonly identity: string
  readonly bytes: Uint8Array
}

/** Bytes of a constant in the file; what follows the values is zero. */
export const paddedBytes = (constant: Constant): number => Math.ceil(constantBytes(constant) / ALIGNMENT) * ALIGNMENT

export function makeConstantsFile(constants: readonly Constant[]): ConstantsFile {
  let end = ALIGNMENT
  const parts = constants.map(constant => {
    const offset = end
    end += paddedBytes(constant)
    return { offset, data: constant.data }
  })
  const bytes = joinParts(parts, end)
  const identity = `xnorc constants ${hash64(bytes.subarray(ALIGNMENT))}`
  bytes.set(new TextEncoder().encode(identity))
  return { identity, bytes }
}
