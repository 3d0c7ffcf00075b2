import type { Data } from './layer.ts'

/** Filters are read four at a time. */
export const QUAD = 4

export interface FilterShape {
  readonly groups: number
  /** Filters of one group. */
  readonly filters: number
  /** Elements or words that a filter multiplies with, in the order of its window. */
  readonly depth: number
}

/** [group][depth][filters of the group, padded to quads with zeros]: neighbouring invocations read neighbouring quads. */
export function arrangeFilters(data: Data, { groups, filters, depth }: FilterShape): Data {
  const padded = Math.ceil(filters / QUAD) * QUAD
  const length = groups * depth * padded
  const arranged = data instanceof Float32Array ? new Float32Array(length) : new Uint32Array(length)
  for (let group = 0; group < groups; group++)
    for (let filter = 0; filter < filters; filter++)
      for (let k = 0; k < depth; k++)
        arranged[(group * depth + k) * padded + filter] = data[(group * filters + filter) * depth + k]!
  return arranged
}

/** Weights that are bits, [group][filter][tap][words], as [group][depth][words of filters]: a quad is a nibble. */
export function arrangeSigns(packed: Uint32Array, shape: FilterShape, channels: number): Uint32Array {
  const { groups, filters, depth } = shape
  const words = Math.ceil(channels / 32)
  const pitch = Math.ceil(filters / 32)
  const taps = depth / channels
  const arranged = new Uint32Array(groups * depth * pitch)
  for (let group = 0; group < groups; group++)
    for (let filter = 0; filter < filters; filter++)
      for (let k = 0; k < depth; k++) {
        const [tap, c] = [Math.floor(k / channels), k % channels]
        const word = packed[((group * filters + filter) * taps + tap) * words + (c >> 5)]!
        const at = (group * depth + k) * pitch + (filter >> 5)
        arranged[at] = (arranged[at]! | (((word >>> (c & 31)) & 1) << (filter & 31))) >>> 0
      }
  return arranged
}

/** A workgroup computes 4·across pixels × 4·deep·quads filters; every invocation 4 pixels × 4·quads filters. */
export interface Tile {
  /** Invocations side by side along the pixels and along the filters; 64 together. */
  readonly across: number
  readonly deep: number
  readonly quads: number
  /** How much of the depth is in workgroup memory at a time. */
  readonly chunk: number
}

/**
 * Along the filters where an image has few pixels (a batch is what fills the other side), along the pixels where there
 * are few filters, else what leaves the fewest invocations without work. Bits need whole words of filters.
 */
export function chooseTile(pixels: number, filters: number, depth: number, bits: boolean): Tile {
  const chunk = chooseChunk(depth)
  if (pixels <= 4 && filters > 32) return { across: 2, deep: 32, quads: 1, chunk }
  if (!bits && filters <= 16) return { across: 16, deep: 4, quads: 1, chunk }
  const rest = filters % 64
  return rest > 0 && rest <= 32 ? { across: 16, deep: 4, quads: 2, chunk } : { across: 8, deep: 8, quads: 2, chunk }
}

/** At most 16, without a remainder where that costs little. */
function chooseChunk(depth: number): number {
  for (let chunk = 16; chunk >= 8; chunk--) if (depth % chunk === 0) return chunk
  return Math.min(depth, 16)
}
