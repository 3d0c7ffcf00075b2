import type { Data } from './kernel.ts'

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

/** A workgroup computes 4·across pixels × 4·deep filters; every invocation a square of 4 × 4 of them. */
export interface Tile {
  /** Invocations side by side along the pixels and along the filters. */
  readonly across: number
  readonly deep: number
  /** How much of the depth is in workgroup memory at a time. */
  readonly chunk: number
}

/**
 * Always 64 invocations: square for images, long along the filters where an image has one pixel (and a batch is what
 * there is to share), long along the pixels where there are few filters. Bits need whole words of filters.
 */
export function chooseTile(pixels: number, filters: number, depth: number, bits: boolean): Tile {
  const chunk = chooseChunk(depth)
  const least = bits ? 8 : 2
  if (pixels <= 4 && filters > 32) return { across: 2, deep: 32, chunk }
  for (const deep of [2, 4]) if (deep >= least && filters <= deep * QUAD) return { across: 64 / deep, deep, chunk }
  return { across: 8, deep: 8, chunk }
}

/** At most 16, without a remainder where that costs little. */
function chooseChunk(depth: number): number {
  for (let chunk = 16; chunk >= 8; chunk--) if (depth % chunk === 0) return chunk
  return Math.min(depth, 16)
}
