import { LARGEST_SHIFT, LARGEST_SUM, LARGEST_WEIGHT } from '../../ir/integer-sums.ts'
import { commonStep } from '../../ir/range.ts'
import { i32, type Tensor } from '../../ir/tensor.ts'
import type { Line } from '../requested/byte-image.ts'
import { roundWeights } from './round-weights.ts'

/** A filter's weights over bytes, in integers: sum w · (scale · byte + shift) = step · (sum offset + sum q · byte). */
export interface IntegerWeights {
  /** i32 [O,kh,kw,I] and [O,kh,kw,1]. */
  readonly weights: Tensor
  readonly offsets: Tensor
  /** Per filter, in f32. */
  readonly steps: Float32Array
  /** Per filter: by how much a result can differ from that of the float weights, at most. */
  readonly errors: Float64Array
  /** Largest magnitude of a weight, and the least of those of all filters that rounding changed. */
  readonly largest: number
  readonly coarsest: number
}

/** Half a unit in the last place of an f32, relative. */
const HALF_ULP = 2 ** -24
/** A byte lies within this distance of the middle. */
const MIDDLE = 127.5
/** Rounding moves no weight by so much. */
const MOVED = 16

/** `weights`: f32 [O,kh,kw,I]; `lines` of all channels, group after group. */
export function integerWeights(weights: Tensor, groups: number, lines: readonly Line[]): IntegerWeights {
  const [filters, kh, kw, channels] = weights.shape as [number, number, number, number]
  const size = kh * kw * channels
  const floats = Array.from({ length: filters }, (_, o): FloatFilter => {
    const group = Math.floor(o / (filters / groups))
    const values = (weights.values as Float32Array).subarray(o * size, (o + 1) * size)
    const own = lines.slice(group * channels, (group + 1) * channels)
    const overBytes = Float64Array.from(values, (weight, i) => weight * own[i % channels]!.scale)
    return { values, lines: own, overBytes, step: stepOf(overBytes, values, own) }
  })
  const inSteps = floats.map(({ overBytes, step }) => overBytes.map(weight => weight / step))
  const rounded = roundWeights(inSteps, kw, channels)
  const made = floats.map((filter, o) => accountFor(filter, rounded[o]!))
  const largest = rounded.map(filter => filter.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0))
  return {
    weights: i32(weights.shape, joined(rounded, size)),
    offsets: i32(
      [filters, kh, kw, 1],
      joined(
        made.map(({ offsets }) => offsets),
        kh * kw,
      ),
    ),
    steps: Float32Array.from(floats, ({ step }) => step),
    errors: Float64Array.from(made, ({ error }) => error),
    largest: Math.max(...largest),
    coarsest: Math.min(...largest.filter((_, o) => made[o]!.isRounded)),
  }
}

interface FloatFilter {
  /** [taps][channels] */
  readonly values: Float32Array
  /** Of the channels. */
  readonly lines: readonly Line[]
  /** The weights that bytes have, and 1 in integers. */
  readonly overBytes: Float64Array
  readonly step: number
}

function joined(parts: readonly Int32Array[], size: number): Int32Array {
  const all = new Int32Array(parts.length * size)
  parts.forEach((part, k) => {
    all.set(part, k * size)
  })
  return all
}

/** The offset of a tap: what its shifts add, and what rounding its weights takes from a byte in the middle. */
function accountFor({ values, lines, overBytes, step }: FloatFilter, weights: Int32Array) {
  const channels = lines.length
  const offsets = new Int32Array(values.length / channels)
  let [error, reach] = [0, 0]
  for (let tap = 0; tap < offsets.length; tap++) {
    let offset = 0
    for (let c = 0; c < channels; c++) {
      const i = tap * channels + c
      const lost = overBytes[i]! / step - weights[i]!
      offset += (values[i]! * lines[c]!.shift) / step + lost * MIDDLE
      error += step * Math.abs(lost) * MIDDLE + Math.abs(values[i]!) * lines[c]!.error
      reach += 255 * Math.abs(overBytes[i]!)
    }
    offsets[tap] = Math.round(offset)
    error += step * Math.abs(offset - offsets[tap]!)
    reach += step * Math.abs(offset)
  }
  const isRounded = error > HALF_ULP * step
  // The sum becomes a float and is multiplied: two roundings.
  return { offsets, isRounded, error: error + 2 * HALF_ULP * reach }
}

/**
 * The value of 1 as a weight, in f32: the finest with which weights have 23 bits and no sum overflows. Where all weights
 * are multiples of one number it divides that number, and nothing is lost.
 */
function stepOf(exact: Float64Array, filter: Float32Array, lines: readonly Line[]): number {
  let [largest, sum] = [0, 0]
  exact.forEach((weight, i) => {
    largest = Math.max(largest, Math.abs(weight))
    sum += 255 * Math.abs(weight) + Math.abs(filter[i]! * lines[i % lines.length]!.shift)
  })
  if (largest === 0) return sum > 0 ? Math.fround(sum / 2 ** 24) : 1
  // Rounding moves a weight by a few, and with it its offset; backends may round again.
  const rounding = 255 * (2 * MOVED + 2 ** (LARGEST_SHIFT - 1)) * exact.length
  const finest = Math.max(largest / (LARGEST_WEIGHT - MOVED), sum / Math.max(LARGEST_SUM - rounding, 1))
  const common = exact.reduce<number | undefined>(
    (step, weight) => (step === undefined || weight === 0 ? step : commonStep(step, Math.abs(weight))),
    0,
  )
  const parts = common ? 2 ** Math.floor(Math.log2(common / finest)) : 0
  return parts >= 1 ? Math.fround(common! / parts) : Math.fround(finest * (1 + 4 * HALF_ULP))
}
