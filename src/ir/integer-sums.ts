import type { Tensor } from './tensor.ts'

/** Bits that a byte can be moved up by and still be an i16. */
export const LARGEST_SHIFT = 7
/** Largest magnitude of a weight of an integer convolution: an i16 for bytes that are moved up, and a rest. */
export const LARGEST_WEIGHT = 32767 * 2 ** LARGEST_SHIFT
/** Largest magnitude of a sum. One less than i32 holds: a threshold that is never met is one more. */
export const LARGEST_SUM = 2 ** 31 - 2

/** A weight as two: coarse · 2^shift + fine. */
export interface SplitWeights {
  readonly shift: number
  readonly coarse: Int32Array
  readonly fine: Int32Array
}

/** Weights as i16 for bytes that are moved up by as few bits as possible, and what rounding them leaves. */
export function splitWeights(weights: Int32Array): SplitWeights {
  const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0)
  let shift = 0
  while (Math.round(largest / 2 ** shift) > 32767) shift++
  const coarse = weights.map(weight => Math.round(weight / 2 ** shift))
  return { shift, coarse, fine: weights.map((weight, i) => weight - coarse[i]! * 2 ** shift) }
}

/**
 * What no sum of a filter exceeds in magnitude, whatever the bytes, the taps inside and the order of adding, even where
 * weights are rounded to coarse ones first.
 */
export function largestSums(weights: Tensor, offsets: Tensor): number[] {
  const filters = weights.shape[0]!
  const size = weights.values.length / filters
  const magnitude = ({ values }: Tensor, filter: number): number => {
    const length = values.length / filters
    const own = values.subarray(filter * length, (filter + 1) * length) as Int32Array
    return own.reduce((sum, value) => sum + Math.abs(value), 0)
  }
  const rounding = size * 2 ** (LARGEST_SHIFT - 1)
  return Array.from({ length: filters }, (_, o) => magnitude(offsets, o) + 255 * (magnitude(weights, o) + rounding))
}
