import { arg, call, type Expr } from '../ir/expr.ts'
import { constant, create, type Node } from '../ir/node.ts'
import { f32, type Tensor } from '../ir/tensor.ts'
import type { BinaryWeights } from './binarize-weights.ts'
import type { TwoValued } from './two-valued.ts'

/**
 * The sums of a layer whose input has two values and whose weights are alpha·w, w in {-1, +1}. With x = s·(b + r),
 * s = (high − low) / 2, r = (high + low) / (high − low) and b = ±1:
 *   sum x · alpha·w = alpha · s · (sum b·w + r · sum w)
 * For inputs 0 and 1 that is alpha · (dot + sum w) / 2, in exact integers up to the last product.
 *
 * Zero padding leaves taps out, which is right where r is 0. Else sum w must be that of all taps: the border is filled
 * with the bit that stands for 0, if there is one.
 *
 * Weights that are 0 as well: with w+ and w- the signs that take a 0 as +1 and as -1,
 *   sum b·w = (sum b·w+ + sum b·w-) / 2
 */
export function binaryLayer({ attrs, origin }: Node<'conv2d'>, input: TwoValued, weights: BinaryWeights): Node {
  const { groups, padding } = attrs
  const { low, high } = input
  const step = (high - low) / 2
  const offset = (high + low) / (high - low)
  const isFilled = offset !== 0 && padding.some(size => size > 0)
  const image = grouped(isFilled ? filledBorder(input, padding) : input.bits, groups)
  const window = isFilled ? { ...attrs, padding: [0, 0, 0, 0] as const } : attrs
  const sumsOf = (signs: Tensor) => create('binaryConv2d', [image, constant(signs, origin)], window, origin)
  const { signs, pruned, alpha } = weights
  const sums = pruned ? [sumsOf(signs), sumsOf(withZerosAs(signs, pruned))] : [sumsOf(signs)]
  const operands: Node[] = [...sums]
  const perFilter = (values: Float32Array): Expr => {
    operands.push(constant(f32([1, 1, 1, values.length], values), origin))
    return arg(operands.length - 1)
  }
  const sum = call('float', pruned ? call('add', arg(0), arg(1)) : arg(0))
  const shift = weightSums(signs, pruned).map(value => value * offset * sums.length)
  const shifted = shift.every(value => value === 0) ? sum : call('add', sum, perFilter(shift))
  const scales = alpha.map(value => (value * step) / sums.length)
  const expr = scales.every(value => value === 1) ? shifted : call('mul', shifted, perFilter(scales))
  return create('map', operands, { expr }, origin)
}

/** Why a layer with such an input cannot be one of bits; undefined where it can. */
export function whyNotBinary({ attrs: { padding } }: Node<'conv2d'>, { low, high }: TwoValued): string | undefined {
  if (low + high === 0 || low === 0 || high === 0 || padding.every(size => size === 0)) return undefined
  return `its input is ${low} or ${high}, and its zero padding is neither`
}

/** Every group starts on a word of bits. */
function grouped(image: Node, groups: number): Node {
  if (groups === 1) return image
  const [n, h, w, c] = image.type.shape as [number, number, number, number]
  return create('reshape', [image], { shape: [n, h, w, groups, c / groups] }, image.origin)
}

function filledBorder({ bits, low }: TwoValued, [top, left, bottom, right]: readonly [number, number, number, number]) {
  const amounts = { before: [0, top, left, 0], after: [0, bottom, right, 0] }
  return create('pad', [bits], { ...amounts, value: low === 0 ? 0 : 1 }, bits.origin)
}

const withZerosAs = (signs: Tensor, pruned: Uint8Array): Tensor => ({
  ...signs,
  values: (signs.values as Uint8Array).map((bit, i) => (pruned[i] ? 0 : bit)),
})

/** sum w per filter, without what is 0. */
function weightSums({ shape, values }: Tensor, pruned: Uint8Array | undefined): Float32Array {
  const filters = shape[0]!
  const size = values.length / filters
  const sums = new Float32Array(filters)
  for (let i = 0; i < values.length; i++) if (!pruned?.[i]) sums[Math.floor(i / size)]! += values[i] ? 1 : -1
  return sums
}
