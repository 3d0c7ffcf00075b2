import { packBits, packedRows, unpackBits } from '../ir/bits.ts'
import { type DType, elements, type Tensor, type TensorType, type Values } from '../ir/tensor.ts'
import type { Piece } from './runner.ts'

const arrays = { f32: Float32Array, i32: Int32Array, u8: Uint8Array, i8: Int8Array, i64: BigInt64Array } as const

const BYTES: Readonly<Record<DType, number>> = { f32: 4, i32: 4, u8: 1, i8: 1, i64: 8, bit: 4 }

/** Bytes of a value in memory, its bits packed. */
export const bytesOfType = ({ dtype, shape }: TensorType): number => {
  const { rows, words } = packedRows(shape)
  return BYTES[dtype] * (dtype === 'bit' ? rows * words : elements(shape))
}

/** The bytes of a value as generated code wants them, its bits packed. */
export function bytesOfTensor(tensor: Tensor): Uint8Array {
  const values: Values | Uint32Array = tensor.dtype === 'bit' ? packBits(tensor) : tensor.values
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

/** The inverse of `bytesOfTensor`. */
export function tensorOfBytes({ dtype, shape }: TensorType, bytes: Uint8Array): Tensor {
  const { buffer } = copyOf(bytes)
  return dtype === 'bit'
    ? unpackBits(new Uint32Array(buffer), shape)
    : { dtype, shape, values: new arrays[dtype](buffer) }
}

/** A buffer of its own, because a view has to start at a multiple of its element. */
const copyOf = (bytes: Uint8Array) => new Uint8Array(bytes)

/** Whether all unused high bits of packed rows are zero, as kernels rely on. */
export function hasCleanTails({ dtype, shape }: TensorType, bytes: Uint8Array): boolean {
  if (dtype !== 'bit') return true
  const packed = new Uint32Array(copyOf(bytes).buffer)
  return packBits(unpackBits(packed, shape)).every((word, k) => word === packed[k])
}

/** A value put together from its pieces. */
export interface Traced {
  readonly tensor: Tensor
  readonly cleanTails: boolean
  /** Ranges of elements that were reported. Rows that no one reads may never be computed; they are 0 here. */
  readonly known: readonly { readonly start: number; readonly end: number }[]
}

export function assemble(type: TensorType, pieces: readonly Piece[]): Traced {
  const bytes = new Uint8Array(bytesOfType(type))
  const known = pieces.map(({ offset, bytes: part }) => {
    bytes.set(part, offset)
    return { start: elementAt(type, offset), end: elementAt(type, offset + part.length) }
  })
  return { tensor: tensorOfBytes(type, bytes), cleanTails: hasCleanTails(type, bytes), known }
}

/** The element that starts at this byte. Pieces of bits are whole rows. */
function elementAt({ dtype, shape }: TensorType, byte: number): number {
  if (dtype !== 'bit') return byte / BYTES[dtype]
  return (byte / BYTES.bit / packedRows(shape).words) * (shape.at(-1) ?? 1)
}
