import { lanesFor } from './arrange.ts'

/** How filters lie: pairs of 16 bits that are neighbours in x, or one number of 32 bits at a time. */
export interface IntegerArrangement {
  readonly filters: number
  readonly groups: number
  /** Stretches of x that a window reads, and how many elements each has. */
  readonly runs: number
  readonly run: number
  /** Filters side by side. */
  readonly width: number
  /** Elements of x that a step multiplies. */
  readonly step: 1 | 2
}

/** Filters that are computed together: one or two vectors, or without any just those that there are. */
export const shapeFor = (filters: number, vectors: boolean): Pick<IntegerArrangement, 'width' | 'step'> =>
  vectors ? { width: filters <= 16 ? 16 : 32, step: 2 } : { width: lanesFor(filters, vectors), step: 1 }

/** Steps of a run. */
export const stepsOf = ({ run, step }: Pick<IntegerArrangement, 'run' | 'step'>): number => Math.ceil(run / step)

/** Blocks in each group. */
export const blocksOf = ({ filters, groups, width }: Pick<IntegerArrangement, 'filters' | 'groups' | 'width'>) =>
  Math.ceil(filters / groups / width)

/** Where a filter's lane is, counted over all blocks of all groups. */
function laneOf(
  filter: number,
  { filters, groups, width }: Pick<IntegerArrangement, 'filters' | 'groups' | 'width'>,
): number {
  const perGroup = filters / groups
  return Math.floor(filter / perGroup) * blocksOf({ filters, groups, width }) * width + (filter % perGroup)
}

/** [filters][runs][run] to [groups][blocks][runs][steps][width][step]; what is past a run or the last filter is zero. */
export function arrangeIntegers(data: Int32Array, arrangement: IntegerArrangement): Int16Array | Int32Array {
  const { filters, groups, runs, run, width, step } = arrangement
  const steps = stepsOf(arrangement)
  const size = groups * blocksOf(arrangement) * runs * steps * width * step
  const result = step === 2 ? new Int16Array(size) : new Int32Array(size)
  for (let filter = 0; filter < filters; filter++) {
    const lane = laneOf(filter, arrangement)
    const block = Math.floor(lane / width)
    for (let r = 0; r < runs; r++)
      for (let k = 0; k < run; k++) {
        const at = (block * runs + r) * steps + Math.floor(k / step)
        result[(at * width + (lane % width)) * step + (k % step)] = data[(filter * runs + r) * run + k]!
      }
  }
  return result
}

/** [kinds][filters] to [kinds][groups][blocks][width]. */
export function arrangeStarts(
  starts: Int32Array,
  arrangement: Pick<IntegerArrangement, 'filters' | 'groups' | 'width'>,
): Int32Array {
  const { filters, groups, width } = arrangement
  const pitch = groups * blocksOf(arrangement) * width
  const result = new Int32Array((starts.length / filters) * pitch)
  for (let at = 0; at < starts.length; at++) {
    const kind = Math.floor(at / filters)
    result[kind * pitch + laneOf(at % filters, arrangement)] = starts[at]!
  }
  return result
}

/** Per filter, what its fine weights add to a sum or take from it at most. */
export function slackOf(fine: Int32Array, filters: number): Int32Array {
  const size = fine.length / filters
  return Int32Array.from({ length: filters }, (_, filter) => {
    const own = fine.subarray(filter * size, (filter + 1) * size)
    const most = (sign: 1 | -1) => own.reduce((sum, weight) => sum + Math.max(sign * weight, 0), 0)
    return 255 * Math.max(most(1), most(-1))
  })
}
