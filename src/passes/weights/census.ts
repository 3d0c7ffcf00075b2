import { commonStep } from '../../ir/range.ts'
import type { Tensor } from '../../ir/tensor.ts'

/** What one look at a filter's weights tells. Sums are of f64: exact where all magnitudes are equal. */
export interface Census {
  readonly size: number
  /** Sums of the positive weights, of the negatives' magnitudes, and of all magnitudes. */
  readonly positive: number
  readonly negative: number
  readonly magnitudes: number
  /** Smallest and largest magnitude of weights other than 0; Infinity and 0 where there are none. */
  readonly smallest: number
  readonly largest: number
  readonly zeros: number
  /** What all weights are multiples of; 0 where all are 0, undefined where there is no such number. */
  readonly unit: number | undefined
}

/** Constants never change, and many ask: a large network's weights are looked at once. */
const known = new WeakMap<Tensor, readonly Census[]>()

/** Of every filter of weights [O,…], f32 or bits. */
export function censusOf(weights: Tensor): readonly Census[] {
  const found = known.get(weights) ?? take(weights)
  known.set(weights, found)
  return found
}

export const largestOf = (weights: Tensor): number =>
  censusOf(weights).reduce((most, { largest }) => Math.max(most, largest), 0)

function take({ dtype, shape, values }: Tensor): Census[] {
  const size = values.length / shape[0]!
  const of = (at: number): Census =>
    dtype === 'bit' ? ofBits(values as Uint8Array, at, size) : ofFloats(values as Float32Array, at, size)
  return Array.from({ length: shape[0]! }, (_, o) => of(o * size))
}

function ofBits(bits: Uint8Array, at: number, size: number): Census {
  let ones = 0
  for (let i = at; i < at + size; i++) ones += bits[i]!
  return { size, positive: ones, negative: size - ones, magnitudes: size, smallest: 1, largest: 1, zeros: 0, unit: 1 }
}

function ofFloats(values: Float32Array, at: number, size: number): Census {
  let [total, magnitudes, smallest, largest, zeros] = [0, 0, Number.POSITIVE_INFINITY, 0, 0]
  for (let i = at; i < at + size; i++) {
    const value = values[i]!
    const magnitude = Math.abs(value)
    if (magnitude === 0) {
      zeros++
      continue
    }
    // Nothing here asks for a sign, which no processor foresees.
    total += value
    magnitudes += magnitude
    if (magnitude < smallest) smallest = magnitude
    if (magnitude > largest) largest = magnitude
  }
  const [positive, negative] = [(magnitudes + total) / 2, (magnitudes - total) / 2]
  const unit = smallest < largest ? unitOf(values.subarray(at, at + size)) : largest
  return { size, positive, negative, magnitudes, smallest, largest, zeros, unit }
}

function unitOf(filter: Float32Array): number | undefined {
  let [unit, last]: [number | undefined, number] = [0, 0]
  for (const weight of filter) {
    const magnitude = Math.abs(weight)
    if (magnitude === 0 || magnitude === last) continue
    unit = commonStep(unit, magnitude)
    if (unit === undefined) return undefined
    last = magnitude
  }
  return unit
}
