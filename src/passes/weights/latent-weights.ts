import type { Tensor } from '../../ir/tensor.ts'
import { type BinaryWeights, filtersOf } from './binary-weights.ts'

export type LatentWeights = BinaryWeights & Required<Pick<BinaryWeights, 'trained'>>

/** Signs and scales of trained floats [O,kh,kw,I], as XNOR-Net binarizes them. Zeros count as +alpha. */
export function latentWeights(weights: Tensor, mode: 'xnor' | 'centered'): LatentWeights {
  const latent = mode === 'centered' ? centred(weights) : weights
  const filters = filtersOf(latent)
  const alpha = Float32Array.from(filters, meanMagnitude)
  const zeros = filters.reduce((sum, filter, o) => sum + (alpha[o] ? countZeros(filter) : 0), 0)
  const error = relativeError(weights, latent, alpha)
  const values = 'trained weights'
  const formula = `sign(W), alpha = mean |W| per filter${mode === 'centered' ? ', centered and clamped' : ''}`
  return {
    planes: [{ signs: signsOf(latent), first: 0, factors: new Float32Array(alpha.length).fill(1) }],
    alpha,
    values,
    reason: `${values}: ${formula}; relative error ${error.toPrecision(2)}`,
    noise: 0,
    trained: { error, zeros },
  }
}

function signsOf({ shape, values }: Tensor): Tensor {
  const signs = new Uint8Array(values.length)
  for (let i = 0; i < signs.length; i++) signs[i] = (values as Float32Array)[i]! >= 0 ? 1 : 0
  return { dtype: 'bit', shape, values: signs }
}

const meanMagnitude = (filter: Float32Array): number =>
  filter.reduce((sum, value) => sum + Math.abs(value), 0) / filter.length

const countZeros = (filter: Float32Array): number => filter.reduce((count, value) => count + (value === 0 ? 1 : 0), 0)

/** |W - alpha · sign(W')| / |W| in the Euclidean norm, W' being what the signs are taken of. */
function relativeError(weights: Tensor, latent: Tensor, alpha: Float32Array): number {
  const [given, signed] = [weights.values, latent.values] as [Float32Array, Float32Array]
  const size = given.length / alpha.length
  let [difference, norm] = [0, 0]
  for (let i = 0; i < given.length; i++) {
    const scale = alpha[Math.floor(i / size)]!
    difference += (given[i]! - (signed[i]! >= 0 ? scale : -scale)) ** 2
    norm += given[i]! ** 2
  }
  return Math.sqrt(difference / norm)
}

/** W − mean over the input channels of each tap, clamped to [−1, 1]. */
function centred(weights: Tensor): Tensor {
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
