/** How filters of 16 bits lie: pairs of neighbours in x, for vectors of filters side by side. */
export interface IntegerArrangement {
  readonly filters: number
  readonly groups: number
  /** Stretches of x that a window reads, and how many elements each has. */
  readonly runs: number
  readonly run: number
  /** Filters side by side: whole vectors of 16. */
  readonly width: number
}

/** Filters that are computed together: one or two vectors. */
export const widthFor = (filters: number): number => (filters <= 16 ? 16 : 32)

export const pairsOf = (run: number): number => Math.ceil(run / 2)

/** Blocks in each group. */
export const blocksOf = ({ filters, groups, width }: Pick<IntegerArrangement, 'filters' | 'groups' | 'width'>) =>
  Math.ceil(filters / groups / width)

/** Where a filter's lane is, counted over all blocks of all groups. */
function laneOf(filter: number, { filters, groups, width }: Omit<IntegerArrangement, 'runs' | 'run'>): number {
  const perGroup = filters / groups
  return Math.floor(filter / perGroup) * blocksOf({ filters, groups, width }) * width + (filter % perGroup)
}

/** [filters][runs][run] to [groups][blocks][runs][pairs][width][2]; what is past a run or the last filter is zero. */
export function arrangeIntegers(data: Int32Array, arrangement: IntegerArrangement): Int16Array {
  const { filters, groups, runs, run, width } = arrangement
  const pairs = pairsOf(run)
  const result = new Int16Array(groups * blocksOf(arrangement) * runs * pairs * width * 2)
  for (let filter = 0; filter < filters; filter++) {
    const lane = laneOf(filter, arrangement)
    const block = Math.floor(lane / width)
    for (let r = 0; r < runs; r++)
      for (let k = 0; k < run; k++) {
        const pair = (block * runs + r) * pairs + Math.floor(k / 2)
        result[(pair * width + (lane % width)) * 2 + (k % 2)] = data[(filter * runs + r) * run + k]!
      }
  }
  return result
}

/** [kinds][filters] to [kinds][groups][blocks][width]. */
export function arrangeStarts(starts: Int32Array, arrangement: Omit<IntegerArrangement, 'runs' | 'run'>): Int32Array {
  const { filters, groups, width } = arrangement
  const pitch = groups * blocksOf(arrangement) * width
  const result = new Int32Array((starts.length / filters) * pitch)
  for (let at = 0; at < starts.length; at++) {
    const kind = Math.floor(at / filters)
    result[kind * pitch + laneOf(at % filters, arrangement)] = starts[at]!
  }
  return result
}
