import type { Tensor } from './tensor.ts'

/** Weights of an integer convolution are 16 bits; -32768 is left out, so that filters can be negated. */
export const LARGEST_WEIGHT = 32767
/** Largest magnitude of a sum. One less than i32 holds: a threshold that is never met is one more. */
export const LARGEST_SUM = 2 ** 31 - 2

/** What no sum of a filter exceeds in magnitude, whatever the bytes, the taps inside and the order of adding. */
export function largestSums(weights: Tensor, offsets: Tensor): number[] {
  const filters = weights.shape[0]!
  const magnitude = ({ values }: Tensor, filter: number): number => {
    const size = values.length / filters
    return (values.subarray(filter * size, (filter + 1) * size) as Int32Array).reduce((sum, v) => sum + Math.abs(v), 0)
  }
  return Array.from({ length: filters }, (_, o) => magnitude(offsets, o) + 255 * magnitude(weights, o))
}
