import type { Convolution } from './epilogue.ts'
import { allocate, elements, type Tensor } from './tensor.ts'

/**
 * Sums of products over the taps inside the image; channels innermost, so f32 sums round in that order. With `offsets`,
 * one for each tap of a filter, sums of integers.
 */
export function convolve(
  node: Convolution,
  x: Tensor,
  weights: Tensor,
  dtype: 'f32' | 'i32',
  offsets?: Tensor,
): Tensor {
  const { groups, stride, dilation, padding } = node.attrs
  const [n, oh, ow, oc] = node.type.shape as [number, number, number, number]
  const [, h, w] = x.shape as [number, number, number]
  const [, kh, kw, c] = weights.shape as [number, number, number, number]
  const addProducts = offsets
    ? integerProducts(x, weights, offsets)
    : dtype === 'f32'
      ? floatProducts(x, weights)
      : signProducts(x, weights)
  const result = allocate(dtype, elements(node.type.shape)) as Float32Array | Int32Array
  let at = 0
  for (let b = 0; b < n; b++)
    for (let y = 0; y < oh; y++)
      for (let z = 0; z < ow; z++)
        for (let o = 0; o < oc; o++) {
          const group = Math.floor(o / (oc / groups))
          let sum = 0
          for (let i = 0; i < kh; i++) {
            const sy = y * stride[0] - padding[0] + i * dilation[0]
            if (sy < 0 || sy >= h) continue
            for (let j = 0; j < kw; j++) {
              const sx = z * stride[1] - padding[1] + j * dilation[1]
              if (sx < 0 || sx >= w) continue
              const from = (((b * h + sy) * w + sx) * groups + group) * c
              sum = addProducts(sum, from, ((o * kh + i) * kw + j) * c, c)
            }
          }
          result[at++] = sum
        }
  return { dtype, shape: node.type.shape, values: result }
}

/** Adds `count` products of neighbours in x and in the weights to a sum. */
type AddProducts = (sum: number, x: number, weight: number, count: number) => number

/** In f32, rounding after every product and sum. Typed arrays of one kind each keep the innermost loop fast. */
function floatProducts(x: Tensor, weights: Tensor): AddProducts {
  const image = Float32Array.from(signed(x))
  const filter = Float32Array.from(signed(weights))
  return (start, from, tap, count) => {
    let sum = start
    for (let k = 0; k < count; k++) sum = Math.fround(sum + Math.fround(image[from + k]! * filter[tap + k]!))
    return sum
  }
}

/** Of ±1, in integers. */
function signProducts(x: Tensor, weights: Tensor): AddProducts {
  const image = Int8Array.from(signed(x))
  const filter = Int8Array.from(signed(weights))
  return (start, from, tap, count) => {
    let sum = start
    for (let k = 0; k < count; k++) sum += image[from + k]! * filter[tap + k]!
    return sum
  }
}

/** Of integers; all channels of a tap follow its offset. */
function integerProducts(x: Tensor, weights: Tensor, offsets: Tensor): AddProducts {
  const image = x.values as Uint8Array
  const filter = weights.values as Int32Array
  const tapOffsets = offsets.values as Int32Array
  return (start, from, tap, count) => {
    let sum = start + tapOffsets[tap / count]!
    for (let k = 0; k < count; k++) sum += image[from + k]! * filter[tap + k]!
    return sum
  }
}

/** Values for arithmetic: bits as -1 and +1. */
const signed = ({ dtype, values }: Tensor): Float32Array | Int8Array | Uint8Array =>
  dtype === 'bit' ? Int8Array.from(values as Uint8Array, bit => (bit ? 1 : -1)) : (values as Float32Array | Uint8Array)
