import type { Tensor } from '../ir/tensor.ts'
import type { PassOptions } from './pass.ts'

export interface BinaryWeights {
  /** bit, the shape of the weights. */
  readonly signs: Tensor
  /** Per filter. */
  readonly alpha: Float32Array
  readonly reason: string
}

/** Weights whose magnitudes differ by less than this, relative to the filter's mean, are ±alpha with rounding noise. */
const TOLERANCE = 1e-5

/**
 * Signs and scales of float weights [O,kh,kw,I]. Weights that are ±alpha per filter are taken as they are; of others
 *   xnor      alpha = mean |W|, signs of W                                        (Rastegari et al. 2016, eq. 6)
 *   centered  the same after W − mean over input channels, clamped to [−1, 1]
 *   exact     refused
 */
export function binarizeWeights(
  weights: Tensor,
  mode: PassOptions['weights'],
): BinaryWeights | { readonly refused: string } {
  const filters = weights.shape[0]!
  const values = weights.values as Float32Array
  const size = values.length / filters
  const taken = scalesOf(values, filters, size)
  if (taken) return { signs: signsOf(values, weights.shape), alpha: taken, reason: describe(taken) }
  if (mode === 'exact') return { refused: 'its weights are not ±alpha per filter (--weights xnor would binarize them)' }
  const latent = mode === 'centered' ? centre(weights) : values
  if (latent.includes(0)) return { refused: 'some of its weights are exactly 0, which is neither +alpha nor -alpha' }
  const alpha = Float32Array.from({ length: filters }, (_, o) =>
    meanMagnitude(latent.subarray(o * size, (o + 1) * size)),
  )
  const reason = `latent weights: sign(W), alpha = mean |W| per filter${mode === 'centered' ? ', centered and clamped' : ''}`
  return { signs: signsOf(latent, weights.shape), alpha, reason }
}

function signsOf(values: Float32Array, shape: readonly number[]): Tensor {
  const signs = new Uint8Array(values.length)
  for (let i = 0; i < signs.length; i++) signs[i] = values[i]! >= 0 ? 1 : 0
  return { dtype: 'bit', shape, values: signs }
}

/** The alphas, if every filter is ±alpha and no alpha is 0. Equal magnitudes keep their exact value. */
function scalesOf(values: Float32Array, filters: number, size: number): Float32Array | undefined {
  const scales = new Float32Array(filters)
  for (let o = 0; o < filters; o++) {
    const first = Math.abs(values[o * size]!)
    let equal = true
    let sum = 0
    for (let i = o * size; i < (o + 1) * size; i++) {
      const magnitude = Math.abs(values[i]!)
      if (magnitude !== first) equal = false
      sum += magnitude
    }
    const mean = equal ? first : Math.fround(sum / size)
    if (mean === 0) return undefined
    if (!equal)
      for (let i = o * size; i < (o + 1) * size; i++)
        if (Math.abs(Math.abs(values[i]!) - mean) > TOLERANCE * mean) return undefined
    scales[o] = mean
  }
  return scales
}

const describe = (alpha: Float32Array): string =>
  alpha.every(value => value === 1)
    ? 'weights ±1'
    : alpha.every(value => value === alpha[0])
      ? 'weights ±alpha'
      : 'weights ±alpha per filter'

const meanMagnitude = (filter: Float32Array): number =>
  filter.reduce((sum, value) => sum + Math.abs(value), 0) / filter.length

/** W − mean over the input channels of each tap, clamped to [−1, 1]. */
function centre({ shape, values }: Tensor): Float32Array {
  const channels = shape[3]!
  const result = Float32Array.from(values as Float32Array)
  for (let tap = 0; tap < result.length; tap += channels) {
    const row = result.subarray(tap, tap + channels)
    const mean = Math.fround(row.reduce((sum, value) => sum + value, 0) / channels)
    row.forEach((value, k) => {
      row[k] = Math.min(1, Math.max(-1, Math.fround(value - mean)))
    })
  }
  return result
}
