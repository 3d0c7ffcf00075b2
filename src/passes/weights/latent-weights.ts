import type { Tensor } from '../../ir/tensor.ts'
import { type BinaryWeights, signsInto } from './binary-weights.ts'
import { censusOf } from './census.ts'

export type LatentWeights = BinaryWeights & Required<Pick<BinaryWeights, 'trained'>>

/** Signs and scales of trained floats [O,kh,kw,I], as XNOR-Net binarizes them. Zeros count as +alpha. */
export function latentWeights(weights: Tensor, mode: 'xnor' | 'centered'): LatentWeights {
  const latent = mode === 'centered' ? centred(weights) : weights
  const census = censusOf(latent)
  const alpha = Float32Array.from(census, ({ magnitudes, size }) => magnitudes / size)
  const zeros = census.reduce((sum, filter, o) => sum + (alpha[o] ? filter.zeros : 0), 0)
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
  signsInto(signs, 0, values as Float32Array)
  return { dtype: 'bit', shape, values: signs }
}

/** |W - alpha · sign(W')| / |W| in the Euclidean norm, W' being what the signs are taken of. */
function relativeError(weights: Tensor, latent: Tensor, alpha: Float32Array): number {
  const [given, signed] = [weights.values, latent.values] as [Float32Array, Float32Array]
  const size = given.length / alpha.length
  let [difference, norm] = [0, 0]
  for (const [o, scale] of alpha.entries())
    for (let i = o * size; i < (o + 1) * size; i++) {
      const value = given[i]!
      const lost = value - (signed[i]! >= 0 ? scale : -scale)
      difference += lost * lost
      norm += value * value
    }
  return Math.sqrt(difference / norm)
}

/** W − mean over the input channels of each tap, clamped to [−1, 1]. */
function centred(weights: Tensor): Tensor {
  const channels = weights.shape[3]!
  const values = Float32Array.from(weights.values as Float32Array)
  for (let tap = 0; tap < values.length; tap += channels) {
    const row = values.subarray(tap, tap + channels)
    let sum = 0
    for (let k = 0; k < channels; k++) sum += row[k]!
    const mean = Math.fround(sum / channels)
    for (let k = 0; k < channels; k++) row[k] = Math.min(1, Math.max(-1, Math.fround(row[k]! - mean)))
  }
  return { ...weights, values }
}
