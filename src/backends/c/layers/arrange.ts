import { unpackBits } from '../../../ir/bits.ts'

/** How a kernel wants its filters: blocks of filters side by side, so that one loop over lanes serves a block. */
export interface Arrangement {
  readonly filters: number
  readonly groups: number
  readonly taps: number
  /** Channels of a tap, or its words. */
  readonly depth: number
  readonly lanes: number
}

/**
 * Filters that are computed together. Few filters are one block of just that many. More go by 16, or without functions
 * for vectors by what leaves the fewest lanes empty.
 */
export function lanesFor(filters: number, vectors: boolean): number {
  if (filters <= 24) return filters
  const computed = (lanes: number): number => Math.ceil(filters / lanes) * lanes
  return vectors ? 16 : [24, 20, 16, 12, 8].reduce((best, lanes) => (computed(lanes) < computed(best) ? lanes : best))
}

/** Blocks in each group. */
export const blocksFor = ({ filters, groups, lanes }: Pick<Arrangement, 'filters' | 'groups' | 'lanes'>): number =>
  Math.ceil(filters / groups / lanes)

/**
 * [filters][taps][depth] to [groups][blocks][taps][depth][lanes]; lanes past the last filter of a group are zero.
 */
export function arrangeFilters<T extends Float32Array | Uint32Array>(data: T, arrangement: Arrangement): T {
  const { filters, groups, taps, depth, lanes } = arrangement
  const blocks = blocksFor(arrangement)
  const size = taps * depth
  const result = new (data.constructor as new (length: number) => T)(groups * blocks * size * lanes)
  // As words, whatever they are: a loop over one type is fast.
  const [from, to] = [data, result].map(({ buffer, byteOffset, length }) => new Uint32Array(buffer, byteOffset, length))
  for (let filter = 0; filter < filters; filter++) {
    const group = Math.floor(filter / (filters / groups))
    const within = filter % (filters / groups)
    const first = (group * blocks + Math.floor(within / lanes)) * size * lanes + (within % lanes)
    for (let k = 0; k < size; k++) to![first + k * lanes] = from![filter * size + k]!
  }
  return result
}

/** Filters whose signs for one channel are one word. */
export const signLanesFor = (filters: number): number => Math.min(filters, 32)

/** Bits of the smallest word that has one for each of up to 32 lanes. */
export const signBitsFor = (lanes: number): 8 | 16 | 32 => (lanes <= 8 ? 8 : lanes <= 16 ? 16 : 32)

const words = { 8: Uint8Array, 16: Uint16Array, 32: Uint32Array }

/**
 * Packed ±1 filters [filters][taps][words of channels] to [groups][blocks][taps][channels]: one word holds the bits of
 * all lanes for one channel, lane 0 lowest.
 */
export function arrangeSigns(
  packed: Uint32Array,
  { filters, groups, taps, depth, lanes }: Arrangement,
): Uint8Array | Uint16Array | Uint32Array {
  const signs = unpackBits(packed, [filters * taps, depth]).values
  const blocks = blocksFor({ filters, groups, lanes })
  const size = taps * depth
  const result = new words[signBitsFor(lanes)](groups * blocks * size)
  for (let filter = 0; filter < filters; filter++) {
    const group = Math.floor(filter / (filters / groups))
    const within = filter % (filters / groups)
    const block = group * blocks + Math.floor(within / lanes)
    for (let k = 0; k < size; k++) result[block * size + k]! |= Number(signs[filter * size + k]!) << (within % lanes)
  }
  return result
}
