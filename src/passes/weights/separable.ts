import type { Tensor } from '../../ir/tensor.ts'

/** How far products of two f32 may lie from each other, relative. */
const ROUNDING = 1e-6

/**
 * Where alphas stand if |W| [O,kh,kw,I] is alpha_o · m_k, k being the place in a filter: scaled signs in another order
 * than per filter. Zeros fit everywhere. Undefined for other weights, and where one filter alone cannot tell.
 */
export function separableScale({ shape, values }: Tensor): string | undefined {
  const [filters, kh, kw, channels] = shape as [number, number, number, number]
  const size = kh * kw * channels
  if (filters < 2 || size < 2) return undefined
  const weights = values as Float32Array
  const reference = new Float64Array(size)
  for (let o = 0; o < filters; o++) {
    let alpha = 0
    for (let k = 0; k < size; k++) {
      const magnitude = Math.abs(weights[o * size + k]!)
      if (magnitude === 0) continue
      // The first filter with weights at a known place gives alpha; places not known yet take theirs from it.
      if (alpha === 0) alpha = reference[k]! > 0 ? magnitude / reference[k]! : o === 0 ? 1 : 0
      if (alpha === 0) return undefined
      const expected = alpha * reference[k]!
      if (expected === 0) reference[k] = magnitude / alpha
      else if (Math.abs(magnitude - expected) > 4 * ROUNDING * expected) return undefined
    }
  }
  const perTap = (tap: number) => reference.subarray(tap * channels, (tap + 1) * channels)
  const taps = Array.from({ length: kh * kw }, (_, tap) => perTap(tap))
  const sameChannels = taps.every(tap => tap.every((value, c) => isNear(value, taps[0]![c]!)))
  const sameTaps = taps.every(tap => tap.every(value => isNear(value, tap[0]!)))
  if (sameChannels) return 'per input channel'
  return sameTaps ? 'per tap' : 'per input channel and tap'
}

const isNear = (a: number, b: number): boolean => Math.abs(a - b) <= 8 * ROUNDING * Math.max(a, b)
