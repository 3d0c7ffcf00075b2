import { LARGEST_SHIFT, LARGEST_SUM, LARGEST_WEIGHT } from '../ir/integer-sums.ts'
import { commonStep } from '../ir/range.ts'
import { i32, type Tensor } from '../ir/tensor.ts'
import type { Line } from './byte-image.ts'

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

/** `weights`: f32 [O,kh,kw,I]; `lines` of all channels, group after group. */
export function integerWeights(weights: Tensor, groups: number, lines: readonly Line[]): IntegerWeights {
  const [filters, kh, kw, channels] = weights.shape as [number, number, number, number]
  const taps = kh * kw
  const size = taps * channels
  const values = new Int32Array(filters * size)
  const offsets = new Int32Array(filters * taps)
  const made = Array.from({ length: filters }, (_, o) => {
    const group = Math.floor(o / (filters / groups))
    const filter = (weights.values as Float32Array).subarray(o * size, (o + 1) * size)
    const own = lines.slice(group * channels, (group + 1) * channels)
    const result = integerFilter(filter, own)
    values.set(result.weights, o * size)
    offsets.set(result.offsets, o * taps)
    return result
  })
  const largest = made.map(filter => filter.weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0))
  return {
    weights: i32(weights.shape, values),
    offsets: i32([filters, kh, kw, 1], offsets),
    steps: Float32Array.from(made, ({ step }) => step),
    errors: Float64Array.from(made, ({ error }) => error),
    largest: Math.max(...largest),
    coarsest: Math.min(...largest.filter((_, o) => made[o]!.isRounded)),
  }
}

/**
 * The offset of a tap holds what its shifts add, and what rounding its weights takes from a byte in the middle. What a
 * weight loses by rounding its successor gets: neighbours in an image are alike, so most of it cancels.
 */
function integerFilter(filter: Float32Array, lines: readonly Line[]) {
  const channels = lines.length
  const exact = Float64Array.from(filter, (weight, i) => weight * lines[i % channels]!.scale)
  const step = stepOf(exact, filter, lines)
  const weights = new Int32Array(filter.length)
  const offsets = new Int32Array(filter.length / channels)
  let [carry, error, reach] = [0, 0, 0]
  for (let tap = 0; tap < offsets.length; tap++) {
    let offset = 0
    for (let c = 0; c < channels; c++) {
      const i = tap * channels + c
      const weight = Math.round(exact[i]! / step + carry)
      const lost = exact[i]! / step - weight
      carry += lost
      weights[i] = weight
      offset += (filter[i]! * lines[c]!.shift) / step + lost * MIDDLE
      error += step * Math.abs(lost) * MIDDLE + Math.abs(filter[i]!) * lines[c]!.error
      reach += 255 * Math.abs(exact[i]!)
    }
    offsets[tap] = Math.round(offset)
    error += step * Math.abs(offset - offsets[tap]!)
    reach += step * Math.abs(offset)
  }
  const isRounded = error > HALF_ULP * step
  // The sum becomes a float and is multiplied: two roundings.
  return { weights, offsets, step, isRounded, error: error + 2 * HALF_ULP * reach }
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
  // Rounding moves a weight by 1 at most, and with it its offset; backends may round again.
  const rounding = 255 * (2 + 2 ** (LARGEST_SHIFT - 1)) * exact.length
  const finest = Math.max(largest / (LARGEST_WEIGHT - 1), sum / Math.max(LARGEST_SUM - rounding, 1))
  const common = exact.reduce<number | undefined>(
    (step, weight) => (step === undefined || weight === 0 ? step : commonStep(step, Math.abs(weight))),
    0,
  )
  const parts = common ? 2 ** Math.floor(Math.log2(common / finest)) : 0
  return parts >= 1 ? Math.fround(common! / parts) : Math.fround(finest * (1 + 4 * HALF_ULP))
}
