import { isConvolution, type Reducing } from '../ir/epilogue.ts'
import { evaluateNode } from '../ir/interpret.ts'
import { create, type Node } from '../ir/node.ts'
import { elements, f32, type Tensor } from '../ir/tensor.ts'
import type { Bounded } from './bound.ts'

/**
 * Error of a sum of n terms in any order, relative to the sum of their magnitudes, between two computations:
 *   2 · min(n, 6·√n) · 2^-24
 * n · 2^-24 is what can happen at worst; λ·√n holds with probability 1 − 2n·exp(−λ²/2) where roundings are independent
 * (Higham and Mary, A new approach to probabilistic rounding error analysis, SIAM J. Sci. Comput. 2019), here λ = 6.
 */
const summation = (terms: number): number => 2 * Math.min(terms, 6 * Math.sqrt(terms)) * 2 ** -24

/** Bound per element of what such an op accumulates in floats (its epilogue aside); undefined where it is exact. */
export function sumBound(node: Reducing, [x, weights]: readonly Bounded[]): Float32Array | undefined {
  const { kind } = node.attrs as { readonly kind?: string }
  if (kind === 'max' || kind === 'min') {
    if (!x!.errors) return undefined
    const largest =
      node.op === 'reduce' ? create('reduce', node.operands, { ...node.attrs, kind: 'max' }, node.origin) : node
    return run(largest, [f32(x!.tensor.shape, x!.errors)])
  }
  const factor = summation(termsOf(node))
  const filters = weights ? [magnitudes(weights.tensor)] : []
  const sizes = run(node, [magnitudes(x!.tensor), ...filters])
  const quantum = quantumOf(x!.tensor) * (weights ? quantumOf(weights.tensor) : 1)
  // Sums of multiples of one number are exact while they fit 24 bits; a mean's division is not.
  const isExact = kind !== 'mean' && sizes.every(size => size <= quantum * 2 ** 24)
  const moved = x!.errors && run(node, [f32(x!.tensor.shape, x!.errors), ...filters])
  if (isExact) return moved
  return sizes.map((size, i) => factor * size + (moved?.[i] ?? 0))
}

const run = (node: Node, operands: readonly Tensor[]): Float32Array =>
  evaluateNode(node, operands).values as Float32Array

function termsOf(node: Reducing): number {
  if (isConvolution(node)) return elements(node.operands[1].type.shape.slice(1))
  if (node.op === 'pool') return node.attrs.kernel[0] * node.attrs.kernel[1]
  return node.attrs.axes.reduce((product, axis) => product * node.operands[0].type.shape[axis]!, 1)
}

const magnitudes = ({ dtype, shape, values }: Tensor): Tensor =>
  dtype === 'bit'
    ? f32(shape, new Float32Array(values.length).fill(1))
    : f32(shape, Float32Array.from(values as Float32Array, Math.abs))

/** The largest power of two that all values are multiples of. */
function quantumOf({ dtype, values }: Tensor): number {
  if (dtype !== 'f32') return 1
  const bits = new Uint32Array((values as Float32Array).slice().buffer)
  let least = 128
  for (const word of bits) {
    const exponent = (word >>> 23) & 255
    const mantissa = (word & 0x7fffff) | (exponent === 0 ? 0 : 0x800000)
    if (mantissa !== 0) least = Math.min(least, Math.max(exponent, 1) - 150 + 31 - Math.clz32(mantissa & -mantissa))
  }
  return 2 ** least
}
