import type { Node } from '../../ir/node.ts'
import { i32 } from '../../ir/tensor.ts'
import { concat, literal, repeatAxis, sliceAxis, transpose } from './build.ts'
import type { Context } from './context.ts'

/** Slices and joins are cheap up to this many; beyond, rows are picked one by one. */
const mostRuns = 16

/** The slices of an axis at these positions, any of them any number of times. */
export function pickAlong(context: Context, x: Node, axis: number, positions: readonly number[]): Node {
  const size = x.type.shape[axis]!
  const times = positions.length / size
  if (Number.isInteger(times) && positions.every((at, k) => at === Math.floor(k / times)))
    return times === 1 ? x : repeatAxis(context, x, axis, times)
  const runs = runsOf(positions)
  if (runs.length <= mostRuns) {
    const parts = new Map<string, Node>()
    const part = ({ start, size, step }: Run): Node => {
      const key = `${start} ${size} ${step}`
      const known = parts.get(key) ?? sliceAxis(context, x, axis, start, size, step)
      parts.set(key, known)
      return known
    }
    return concat(context, runs.map(part), axis)
  }
  // Rows are what `gather` picks: the axis comes first for it.
  const order = [axis, ...[...x.type.shape.keys()].toSpliced(axis, 1)]
  const indices = literal(context, i32([positions.length], positions))
  const rows = context.make('gather', [transpose(context, x, order), indices], {})
  return transpose(
    context,
    rows,
    [...order.keys()].map(k => order.indexOf(k)),
  )
}

interface Run {
  readonly start: number
  size: number
  step: number
}

/** Positions as few slices: maximal runs of one step. */
function runsOf(positions: readonly number[]): readonly Run[] {
  const runs: Run[] = []
  for (const index of positions) {
    const last = runs.at(-1)
    const step = last && last.size === 1 ? index - last.start : last?.step
    if (last && step && index === last.start + last.size * step) {
      last.step = step
      last.size++
    } else runs.push({ start: index, size: 1, step: 1 })
  }
  return runs
}
