import { type Expr, evaluator } from '../../ir/expr.ts'
import { slopeOf } from '../../ir/slope.ts'
import type { DType } from '../../ir/tensor.ts'
import type { ConstantExtras } from '../analysis/constant-extras.ts'
import { bisect, floatsUpTo, type Order, slopeOfFloats } from '../analysis/switch-point.ts'

export interface Switches {
  /** Thresholds of the (negated, where falling) sums, per position of the extras. */
  readonly at: Float64Array
  /** Per channel. */
  readonly falls: Uint8Array
}

/** Where the condition switches, for every position; undefined where one is not a single switch. */
export function switchPoints(
  condition: Expr,
  types: readonly DType[],
  extras: ConstantExtras,
  sums: Order | 'floats',
): Switches | undefined {
  const fires = evaluator(condition, types)
  const channels = extras.shape[3]!
  const at = new Float64Array(extras.positions)
  const falls = new Uint8Array(channels)
  const decided = new Uint8Array(channels)
  let switched = false
  const args = [0]
  for (let position = 0; position < extras.positions; position++) {
    extras.fill(args, position)
    const { order, slope } = proofOf(condition, types, args, sums)
    const test = (index: number) => {
      args[0] = order.value(index)
      return fires(args) !== 0
    }
    const first = test(order.low)
    const last = test(order.high)
    const channel = position % channels
    if (first === last) {
      if (slope === 'unknown' && !isConstantOver(order, test, first)) return undefined
      // Never, or always: as a rising condition that switches outside the range. A falling filter needs it mirrored alike.
      at[position] = first ? order.least : order.above
      continue
    }
    const point = bisect(order.low, order.high, index => test(index) === last)
    if (slope === 'unknown' && !isSingleSwitch(order, test, point, last)) return undefined
    const falling = first ? 1 : 0
    if (decided[channel] && falls[channel] !== falling) return undefined
    decided[channel] = 1
    falls[channel] = falling
    switched = true
    // Falling: fires up to the value before the switch, so -sum >= -(that value).
    at[position] = falling ? -order.value(point - 1) : order.value(point)
    // Hardware that flushes subnormals reads such a threshold as 0, which a sum of 0 reaches: the chain stays as it is.
    if (at[position]! > 0 && at[position]! < LEAST_NORMAL) return undefined
  }
  // A condition that no number changes holds for NaN too, which reaches no threshold.
  return switched || sums !== 'floats' ? { at, falls } : undefined
}

const LEAST_NORMAL = 2 ** -126

/** What to search, and the slope of the condition over all of it. */
function proofOf(condition: Expr, types: readonly DType[], args: readonly number[], sums: Order | 'floats') {
  if (sums === 'floats') {
    const { slope, limit } = slopeOfFloats(condition, args, types)
    return { slope, order: floatsUpTo(limit) }
  }
  const span = { low: sums.value(sums.low), high: sums.value(sums.high) }
  return { slope: slopeOf(condition, args, types, span), order: sums }
}

function isSingleSwitch(order: Order, test: (index: number) => boolean, point: number, after: boolean): boolean {
  if (!order.countable) return false
  for (let index = order.low; index <= order.high; index++)
    if (test(index) !== (index >= point ? after : !after)) return false
  return true
}

const isConstantOver = (order: Order, test: (index: number) => boolean, value: boolean): boolean =>
  isSingleSwitch(order, test, order.low, value)
