import { arg, call, type Expr } from '../../ir/expr.ts'
import { constant, create, type Node } from '../../ir/node.ts'
import { elements, f32, type Tensor } from '../../ir/tensor.ts'
import type { TwoValued } from '../analysis/two-valued.ts'
import type { BinaryWeights, Plane } from '../weights/binary-weights.ts'

/**
 * The sums of a layer whose input has two values and whose weights are alpha · (sum_j factor_j · w_j + offset), w_j in
 * {-1, +1}. With x = s·(b + r), s = (high − low) / 2, r = (high + low) / (high − low) and b = ±1:
 *   sum x·w = alpha · s · (sum_j factor_j · dot(b, w_j) + offset · dot(b, 1) + r · sum w / alpha)
 * For inputs 0 and 1 and weights ±alpha that is alpha · (dot + sum w_1) / 2, in exact integers up to the last product.
 * Where r is no whole number, r · s · sum w is added last: s · r is exact where r is not.
 *
 * Zero padding leaves taps out, which is right where r is 0. Else sum w must be that of all taps: the border is filled
 * with the bit that stands for 0, if there is one.
 */
export function binaryLayer({ attrs, origin }: Node<'conv2d'>, input: TwoValued, weights: BinaryWeights): Node {
  const { groups, padding } = attrs
  const { low, high } = input
  const ratio = (high + low) / (high - low)
  const isFilled = ratio !== 0 && padding.some(size => size > 0)
  const image = grouped(isFilled ? filledBorder(input, padding) : input.bits, groups)
  const window = isFilled ? { ...attrs, padding: [0, 0, 0, 0] as const } : attrs
  const dot = (signs: Tensor) => create('binaryConv2d', [image, constant(signs, origin)], window, origin)
  const { alpha, offset, planes } = weights
  const filters = alpha.length
  const operands: Node[] = []
  const operand = (node: Node): Expr => arg(operands.push(node) - 1)
  const perFilter = (values: ArrayLike<number>): Expr => operand(constant(f32([1, 1, 1, filters], values), origin))
  const times = (expr: Expr, factors: ArrayLike<number>): Expr =>
    isEvery(factors, 1) ? expr : call('mul', expr, perFilter(factors))

  const sums = planes.map(({ signs, first }) => {
    if (groups === 1) return operand(amongAll(dot(signs), first, filters))
    return operand(dot(amongAllFilters(signs, first, filters)))
  })
  // What a plane leaves out is 0 already where it is padded.
  const factors = planes.map(plane => amongAllFactors(plane, filters, groups === 1 ? 1 : 0))
  const isPlain = factors.every(each => isEvery(each, 1))
  const added = isPlain
    ? call(
        'float',
        sums.reduce((total, sum) => call('add', total, sum)),
      )
    : sums.map((sum, j) => times(call('float', sum), factors[j]!)).reduce((total, sum) => call('add', total, sum))
  const box = offset && call('float', operand(dot(plusOnes(weights, groups))))
  const withBox = box ? call('add', added, times(box, offset)) : added
  const isWhole = Number.isInteger(ratio)
  // A filter of zeros has an alpha of 0; a sum that is never negative makes +0 of that, as floats do.
  const size = planes.length * elements(planes[0]!.signs.shape.slice(1))
  const totals = weightSums(weights)
  const shift = totals.map((total, o) => (alpha[o] === 0 ? size : isWhole ? total * ratio : 0))
  const shifted = isEvery(shift, 0) ? withBox : call('add', withBox, perFilter(shift))
  const scale = (high - low) / 2
  const scaled = times(
    shifted,
    alpha.map(value => value * scale),
  )
  const last = totals.map((total, o) => (total * alpha[o]! * (high + low)) / 2)
  const expr = isWhole ? scaled : call('add', scaled, perFilter(last))
  return create('map', operands, { expr }, origin)
}

/** Largest magnitude that a layer of bits may reach on its way; f32 ends at 2^128. */
const LARGEST = 2 ** 120

/** Most times that one of two values may be the other: half of the bits of an f32 are left for the sum. */
const FARTHEST = 2 ** 12

/** Why a layer with such an input cannot be one of bits; undefined where it can. */
export function whyNotBinary(
  { operands: [, weights], attrs: { padding } }: Node<'conv2d'>,
  { low, high }: TwoValued,
): string | undefined {
  if (weights.op === 'constant') {
    const { shape, values } = weights.attrs.value
    const largest = (values as Float32Array).reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    const reached = largest * Math.max(Math.abs(low), Math.abs(high)) * elements(shape.slice(1))
    if (reached > LARGEST) return `sums of ${low} or ${high} and its weights may leave single precision`
  }
  if (low + high === 0 || low === 0 || high === 0) return undefined
  // s · dot + r · s · sum w is a difference of large numbers where one value is far smaller than the other.
  const [small, large] = [Math.abs(low), Math.abs(high)].sort((a, b) => a - b) as [number, number]
  if (large > FARTHEST * small) return `its input is ${low} or ${high}, too far apart for one scale`
  if (padding.every(size => size === 0)) return undefined
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

const isEvery = (values: ArrayLike<number>, value: number): boolean => Array.from(values).every(each => each === value)

/** Sums of some filters among those of all; the others' are 0. */
function amongAll(sums: Node, first: number, filters: number): Node {
  const after = filters - first - sums.type.shape[3]!
  if (first === 0 && after === 0) return sums
  return create('pad', [sums], { before: [0, 0, 0, first], after: [0, 0, 0, after], value: 0 }, sums.origin)
}

/** Filters among all; groups want as many each, so the others are there too, and their factors are 0. */
function amongAllFilters(signs: Tensor, first: number, filters: number): Tensor {
  const [count, ...rest] = signs.shape
  if (count === filters) return signs
  const values = new Uint8Array(filters * elements(rest))
  values.set(signs.values as Uint8Array, first * elements(rest))
  return { ...signs, shape: [filters, ...rest], values }
}

function amongAllFactors({ first, factors }: Plane, filters: number, others: number): Float32Array {
  const all = new Float32Array(filters).fill(others)
  all.set(factors, first)
  return all
}

/** One filter of +1 for all, or for each group its own as often as it has filters. */
function plusOnes({ planes, alpha }: BinaryWeights, groups: number): Tensor {
  const shape = [groups === 1 ? 1 : alpha.length, ...planes[0]!.signs.shape.slice(1)]
  return { dtype: 'bit', shape, values: new Uint8Array(elements(shape)).fill(1) }
}

/** sum w / alpha, per filter. */
function weightSums({ planes, alpha, offset }: BinaryWeights): Float32Array {
  const size = elements(planes[0]!.signs.shape.slice(1))
  const sums = Float64Array.from(alpha, (_, o) => (offset?.[o] ?? 0) * size)
  for (const { signs, first, factors } of planes)
    factors.forEach((factor, k) => {
      const ones = (signs.values as Uint8Array).subarray(k * size, (k + 1) * size).reduce((sum, bit) => sum + bit, 0)
      sums[first + k]! += factor * (2 * ones - size)
    })
  return Float32Array.from(sums)
}
