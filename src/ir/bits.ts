import { elements, type Shape, type Tensor } from './tensor.ts'

/** Bits in a packed word. */
export const WORD = 32

export const wordsFor = (channels: number): number => Math.ceil(channels / WORD)

/** Words of one packed row, and rows: all axes but the last. */
export const packedRows = (shape: Shape): { rows: number; words: number } => ({
  rows: elements(shape.slice(0, -1)),
  words: wordsFor(shape.at(-1) ?? 1),
})

/** A word whose lowest `count` bits are set; `count` 0 means none, 32 all. */
export const lowBits = (count: number): number =>
  (count >= WORD ? 0xffffffff : (1 << count) >>> 0) - (count >= WORD ? 0 : 1)

/** Which bits of the last word of a row are used. */
export const tailMask = (channels: number): number => lowBits(channels % WORD || WORD)

/**
 * Bits along the last axis into u32 words: channel c of a row is bit c % 32 of word c / 32 (of `words` words), unused
 * high bits zero. The only place that knows the order.
 */
export function packBits({ shape, values }: Pick<Tensor, 'shape' | 'values'>): Uint32Array {
  const channels = shape.at(-1) ?? 1
  const { rows, words } = packedRows(shape)
  const packed = new Uint32Array(rows * words)
  let at = 0
  for (let row = 0; row < rows; row++)
    for (let w = 0; w < words; w++) {
      const count = Math.min(WORD, channels - w * WORD)
      let word = 0
      // 1 for what is not 0, without a branch that nothing foresees.
      for (let bit = 0; bit < count; bit++) word |= (-(values[at++] as number) >>> 31) << bit
      packed[row * words + w] = word
    }
  return packed
}

/** The bits (0 or 1) that `packBits` packed, as a tensor of this shape. */
export function unpackBits(packed: Uint32Array, shape: Shape): Tensor {
  const channels = shape.at(-1) ?? 1
  const { rows, words } = packedRows(shape)
  const values = new Uint8Array(rows * channels)
  for (let row = 0; row < rows; row++)
    for (let c = 0; c < channels; c++)
      values[row * channels + c] = (packed[row * words + Math.floor(c / WORD)]! >>> (c % WORD)) & 1
  return { dtype: 'bit', shape, values }
}
