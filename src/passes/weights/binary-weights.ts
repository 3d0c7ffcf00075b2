import type { Tensor } from '../../ir/tensor.ts'

/** Signs of some of a layer's filters, and what they are multiplied with. */
export interface Plane {
  /** bit[F,kh,kw,I]. */
  readonly signs: Tensor
  /** Which filter of the layer its first is. */
  readonly first: number
  /** Per filter of the plane, in units of the layer's `alpha`. */
  readonly factors: Float32Array
}

/** Weights [O,kh,kw,I] as w = alpha_o · (sum over planes of factor · sign + offset). */
export interface BinaryWeights {
  readonly planes: readonly Plane[]
  /** Per filter. */
  readonly alpha: Float32Array
  /** Per filter, in units of alpha; undefined where all are 0. */
  readonly offset?: Float32Array
  /** What the weights are: ±1, ±alpha per filter or 0, 4 levels, … */
  readonly values: string
  /** The same, and what that means for a layer of bits. */
  readonly reason: string
  /** Largest difference from the given weights, relative to the filter's largest; 0 where there is none. */
  readonly noise: number
  /** Of trained floats: the relative error of the weights, |W - W'| / |W|, and how many zeros count as +alpha. */
  readonly trained?: { readonly error: number; readonly zeros: number }
}

/** Weights that stay as they are, and why. */
export interface FloatWeights {
  readonly refused: string
  /** Trained floats, which `--weights` may binarize. */
  readonly isTrained?: true
}

/** The signs of weights that are ±alpha per filter; undefined for others. */
export const soleSigns = ({ planes, offset }: BinaryWeights): Tensor | undefined =>
  planes.length === 1 && !offset ? planes[0]!.signs : undefined

/** Whether weights are ±alpha per filter, or 0. */
export const isScaledSigns = (found: BinaryWeights | FloatWeights): boolean =>
  'planes' in found &&
  !found.trained &&
  !found.offset &&
  found.planes.every(({ factors }) => factors.every(factor => factor === 1))

/** Each filter's weights, as a view. */
export const filtersOf = ({ shape, values }: Tensor): Float32Array[] => {
  const size = values.length / shape[0]!
  return Array.from({ length: shape[0]! }, (_, o) => (values as Float32Array).subarray(o * size, (o + 1) * size))
}

/** 1 for weights >= 0: by their sign bits, as nothing foresees a branch. */
export function signsInto(signs: Uint8Array, at: number, filter: Float32Array): void {
  const words = new Uint32Array(filter.buffer, filter.byteOffset, filter.length)
  for (let k = 0; k < words.length; k++) signs[at + k] = words[k] === NEGATIVE_ZERO ? 1 : (words[k]! >>> 31) ^ 1
}

const NEGATIVE_ZERO = 0x80000000
