import type { Expr } from '../../ir/expr.ts'
import { type Slope, slopeOf } from '../../ir/slope.ts'
import type { DType } from '../../ir/tensor.ts'

/** An ordered set of sums that can occur, addressed by consecutive integers. */
export interface Order {
  readonly low: number
  readonly high: number
  readonly value: (index: number) => number
  /** What every member reaches, and what none does. */
  readonly least: number
  readonly above: number
  /** Small enough to try every member. */
  readonly countable: boolean
}

/** All f32 between -limit and limit, in order, as the integers that their bits are. */
export const floatsUpTo = (limit: number): Order => ({
  low: toOrder(-limit),
  high: toOrder(limit),
  value: fromOrder,
  least: -LARGEST,
  above: LARGEST,
  countable: false,
})

/** Every integer from -size to size: border classes of a padded layer differ in parity, so none is left out. */
export const integers = (size: number): Order => ({
  low: -size,
  high: size,
  value: index => index,
  least: -size,
  above: size + 1,
  countable: true,
})

export const LARGEST = 3.4028234663852886e38

/** What no trained network comes near: beyond it a step of a chain may overflow. */
const ORDINARY = 2 ** 64

/**
 * Slope of an expression with a float as its argument 0, and how far from 0 it is proved: up to the largest f32, or up
 * to where a step may become NaN (the infinity of an overflow times a gamma of 0). Where no step is NaN the slope holds
 * beyond that limit too. Unknown where it cannot be proved for all ordinary floats.
 */
export function slopeOfFloats(expr: Expr, values: ArrayLike<number>, types: readonly DType[]): FloatSlope {
  const upTo = (limit: number) => slopeOf(expr, values, types, { low: -limit, high: limit })
  const everywhere = upTo(LARGEST)
  if (everywhere !== 'unknown') return { slope: everywhere, limit: LARGEST }
  const slope = upTo(ORDINARY)
  if (slope === 'unknown') return { slope, limit: 0 }
  const limit = bisect(toOrder(ORDINARY), toOrder(LARGEST), index => upTo(fromOrder(index)) === 'unknown') - 1
  return { slope, limit: fromOrder(limit) }
}

export interface FloatSlope {
  readonly slope: Slope
  readonly limit: number
}

/** First index from `low` on at which a condition that only turns from false to true holds. It holds at `high`. */
export function bisect(low: number, high: number, holds: (index: number) => boolean): number {
  let [from, to] = [low, high]
  while (from < to) {
    const middle = from + Math.floor((to - from) / 2)
    if (holds(middle)) to = middle
    else from = middle + 1
  }
  return from
}

const word = new DataView(new ArrayBuffer(4))

/** The place of an f32 among all f32: ascending, and 0 for both zeros. */
export function toOrder(value: number): number {
  word.setFloat32(0, value)
  const bits = word.getInt32(0)
  return bits < 0 ? -(bits & 0x7fffffff) : bits
}

/** Inverse of `toOrder`. */
export function fromOrder(index: number): number {
  word.setInt32(0, Math.abs(index))
  return index < 0 ? -word.getFloat32(0) : word.getFloat32(0)
}
