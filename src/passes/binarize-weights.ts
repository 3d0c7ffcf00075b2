import type { Tensor } from '../ir/tensor.ts'
import type { PassOptions } from './pass.ts'

export interface BinaryWeights {
  /** bit, the shape of the weights; what is 0 counts as +1. */
  readonly signs: Tensor
  /** Per filter. */
  readonly alpha: Float32Array
  /** 1 where a weight is 0 and stays it; undefined where none is. */
  readonly pruned?: Uint8Array
  /** Trained weights that are 0 and were taken as +alpha. */
  readonly zeros: number
  /** What the weights are: ±1, ±alpha per filter or 0, … */
  readonly values: string
  /** The same, and what that means for a layer of bits. */
  readonly reason: string
  /** Whether they differ from the given ones by more than an export rounds. */
  readonly changed: boolean
}

/**
 * Weights whose magnitudes differ by less than this, relative to the filter's mean, are ±alpha with rounding noise:
 * exporters leave (alpha·sign(W) − clip(W)) + clip(W) to be folded, which rounds (LCE allows 0.005).
 */
const TOLERANCE = 1e-3

/** Some units in the last place: what one addition and one subtraction leave. */
const ROUNDING = 1e-6

/**
 * Signs and scales of float weights [O,kh,kw,I]. Weights that are ±alpha (or 0) per filter are taken as they are; of
 * others
 *   xnor      alpha = mean |W|, signs of W                                        (Rastegari et al. 2016, eq. 6)
 *   centered  the same after W − mean over input channels, clamped to [−1, 1]
 *   exact     refused
 */
export function binarizeWeights(
  weights: Tensor,
  mode: PassOptions['weights'],
): BinaryWeights | { readonly refused: string } {
  const values = weights.values as Float32Array
  const filters = filtersOf(weights)
  const scales = filters.map(filter => scaleOf(filter, mode === 'exact' ? 0 : TOLERANCE))
  if (scales.every(scale => scale !== undefined)) {
    const alpha = Float32Array.from(scales, scale => scale.alpha)
    const noise = Math.max(...scales.map(scale => scale.noise))
    const pruned = Uint8Array.from(values, value => (value === 0 ? 1 : 0))
    const hasZeros = pruned.includes(1)
    const what = describe(alpha, hasZeros, noise)
    return {
      signs: signsOf(values, weights.shape),
      alpha,
      zeros: 0,
      values: what,
      reason: hasZeros ? `${what}: two sums of bits` : what,
      changed: noise > ROUNDING,
      ...(hasZeros ? { pruned } : {}),
    }
  }
  if (mode === 'exact') return { refused: 'its weights are not ±alpha per filter (--weights xnor would binarize them)' }
  const latent = mode === 'centered' ? centre(weights) : weights
  const alpha = Float32Array.from(filtersOf(latent), meanMagnitude)
  const zeros = filtersOf(latent).reduce((sum, filter, o) => sum + (alpha[o] ? countZeros(filter) : 0), 0)
  const what = 'trained weights'
  const reason = `${what}: sign(W), alpha = mean |W| per filter${mode === 'centered' ? ', centered and clamped' : ''}`
  return {
    signs: signsOf(latent.values as Float32Array, weights.shape),
    alpha,
    zeros,
    values: what,
    reason,
    changed: true,
  }
}

const filtersOf = ({ shape, values }: Tensor): Float32Array[] => {
  const size = values.length / shape[0]!
  return Array.from({ length: shape[0]! }, (_, o) => (values as Float32Array).subarray(o * size, (o + 1) * size))
}

function signsOf(values: Float32Array, shape: readonly number[]): Tensor {
  const signs = new Uint8Array(values.length)
  for (let i = 0; i < signs.length; i++) signs[i] = values[i]! >= 0 ? 1 : 0
  return { dtype: 'bit', shape, values: signs }
}

/** The alpha of a filter that is ±alpha or 0, and how far it is from that. Equal magnitudes keep their exact value. */
function scaleOf(filter: Float32Array, tolerance: number): { alpha: number; noise: number } | undefined {
  let [low, high, sum, count] = [Infinity, 0, 0, 0]
  for (const value of filter) {
    if (value === 0) continue
    const magnitude = Math.abs(value)
    if (magnitude < low) low = magnitude
    if (magnitude > high) high = magnitude
    sum += magnitude
    count++
  }
  // Nothing but zeros: any scale will do.
  if (count === 0) return { alpha: 1, noise: 0 }
  const noise = (high - low) / high
  if (noise > tolerance) return undefined
  return { alpha: low === high ? low : Math.fround(sum / count), noise }
}

function describe(alpha: Float32Array, hasZeros: boolean, noise: number): string {
  const isOne = alpha.every(value => value === 1)
  const scale = isOne ? '1' : alpha.every(value => value === alpha[0]) ? 'alpha' : 'alpha per filter'
  const values = hasZeros ? `weights ±${scale} or 0` : `weights ±${scale}`
  return noise > 0 ? `${values} (but for rounding noise of ${noise.toPrecision(2)})` : values
}

const meanMagnitude = (filter: Float32Array): number =>
  filter.reduce((sum, value) => sum + Math.abs(value), 0) / filter.length

const countZeros = (filter: Float32Array): number => filter.reduce((count, value) => count + (value === 0 ? 1 : 0), 0)

/** W − mean over the input channels of each tap, clamped to [−1, 1]. */
function centre(weights: Tensor): Tensor {
  const channels = weights.shape[3]!
  const values = Float32Array.from(weights.values as Float32Array)
  for (let tap = 0; tap < values.length; tap += channels) {
    const row = values.subarray(tap, tap + channels)
    const mean = Math.fround(row.reduce((sum, value) => sum + value, 0) / channels)
    row.forEach((value, k) => {
      row[k] = Math.min(1, Math.max(-1, Math.fround(value - mean)))
    })
  }
  return { ...weights, values }
}
