import { arg, call, type Expr } from '../../ir/expr.ts'
import { constant, create, type Node } from '../../ir/node.ts'
import type { Padding } from '../../ir/ops.ts'
import { elements, f32, type Tensor } from '../../ir/tensor.ts'
import { type Coded, levelsOfCode, showLevels, zeroOf } from '../analysis/coded.ts'
import type { BinaryWeights, Plane } from '../weights/binary-weights.ts'
import { censusOf, largestOf } from '../weights/census.ts'
import { type Beside, type SignPlane, sumOfPlanes } from './sum-of-planes.ts'

/**
 * The sums of a layer whose input and weights are planes of bits,
 *   x = unit · (sum_i f_i · b_i + r),   w = alpha · (sum_j g_j · w_j + offset),   b_i and w_j in {-1, +1}:
 *   sum x·w = alpha · unit · (sum_ij f_i · g_j · dot(b_i, w_j) + offset · sum_i f_i · dot(b_i, 1) + r · sum w / alpha)
 * All but the first two factors are whole numbers where those of the weights are, so that the sum is one of integers. For
 * inputs 0 and 1 and weights ±alpha it is alpha · (dot + sum w_1) / 2.
 * Where r is no whole number, r · unit · sum w is added last: unit · r is exact where r is not.
 *
 * Zero padding leaves taps out, which is right where r is 0. Else sum w must be that of all taps: the border is filled
 * with the bits that stand for 0, if there are any.
 */
export function binaryLayer({ attrs, origin }: Node<'conv2d'>, input: Coded, weights: BinaryWeights): Node {
  const { groups, padding } = attrs
  const isFilled = input.offset !== 0 && padding.some(size => size > 0)
  const zero = isFilled ? zeroOf(input) : undefined
  const images = input.planes.map(({ bits, factor }, i) => ({
    node: grouped(zero ? filledBorder(bits, zero[i]!, padding) : bits, groups),
    factor,
  }))
  const window = isFilled ? { ...attrs, padding: [0, 0, 0, 0] as const } : attrs
  const { alpha, offset, planes } = weights
  const filters = alpha.length
  const operands: Node[] = []
  const operand = (node: Node): Expr => arg(operands.push(node) - 1)
  const perFilter = (values: ArrayLike<number>): Expr => operand(constant(f32([1, 1, 1, filters], values), origin))
  const times = (expr: Expr, factors: ArrayLike<number>): Expr =>
    isEvery(factors, 1) ? expr : call('mul', expr, perFilter(factors))
  const sumOf = (planes: readonly SignPlane[], beside: readonly Beside[] = []) =>
    sumOfPlanes(images, planes, beside, window, origin)
  const part = ({ signs, factors, place }: SignPlane & Placed): Beside => ({
    sums: place(sumOf([{ signs, factors: [1] }])),
    factors,
  })

  const parts = planes.map((plane): SignPlane & Placed => {
    const { signs, first } = plane
    const isFull = groups > 1 || signs.shape[0] === filters
    return {
      signs: constant(groups === 1 ? signs : amongAllFilters(signs, first, filters), origin),
      // What a plane leaves out is 0 already where it is padded.
      factors: amongAllFactors(plane, filters, groups === 1 ? 1 : 0),
      isFull,
      place: sums => (isFull ? sums : amongAll(sums, first, filters)),
    }
  })
  const box: Beside[] = offset
    ? [{ sums: sumOf([{ signs: constant(plusOnes(weights, groups), origin), factors: [1] }]), factors: offset }]
    : []
  const isWholeSum = [...parts, ...box].every(({ factors }) => Array.from(factors).every(Number.isInteger))
  // An integer sum is a value of its own: thresholds behind it compare it.
  const total = isWholeSum
    ? call(
        'float',
        operand(
          sumOf(
            parts.filter(({ isFull }) => isFull),
            [...parts.filter(({ isFull }) => !isFull).map(part), ...box],
          ),
        ),
      )
    : [...parts.map(part), ...box]
        .map(({ sums, factors }) => times(call('float', operand(sums)), factors))
        .reduce((sum, scaled) => call('add', sum, scaled))
  const isWholeOffset = Number.isInteger(input.offset)
  // A filter of zeros has an alpha of 0; a sum that is never negative makes +0 of that, as floats do.
  const totals = weightSums(weights)
  const most = mostOf(input, weights)
  const shift = totals.map((sum, o) => (alpha[o] === 0 ? most : isWholeOffset ? sum * input.offset : 0))
  const shifted = isEvery(shift, 0) ? total : call('add', total, perFilter(shift))
  const result = times(
    shifted,
    alpha.map(value => value * input.unit),
  )
  const last = totals.map((sum, o) => sum * alpha[o]! * (input.offset * input.unit))
  const expr = isWholeOffset ? result : call('add', result, perFilter(last))
  return create('map', operands, { expr }, origin)
}

/** A plane of all filters, or of some whose sums are placed among those of all. */
interface Placed {
  readonly isFull: boolean
  readonly place: (sums: Node) => Node
}

/** What no sum of a filter's products of bits exceeds, in units of alpha and of the input. */
function mostOf(input: Coded, { planes }: BinaryWeights): number {
  const size = elements(planes[0]!.signs.shape.slice(1))
  return size * planes.length * input.planes.reduce((sum, { factor }) => sum + Math.abs(factor), 0)
}

/** Largest magnitude that a layer of bits may reach on its way; f32 ends at 2^128. */
const LARGEST = 2 ** 120

/** Most times that one value may be another: half of the bits of an f32 are left for the sum. */
const FARTHEST = 2 ** 12

/** Why a layer with such an input cannot be one of bits; undefined where it can. */
export function whyNotBinary(
  { operands: [, weights], attrs: { padding } }: Node<'conv2d'>,
  input: Coded,
): string | undefined {
  const levels = levelsOfCode(input)
  const [small, large] = [Math.min(...levels.map(Math.abs)), Math.max(...levels.map(Math.abs))]
  if (weights.op === 'constant') {
    const { value } = weights.attrs
    if (largestOf(value) * large * elements(value.shape.slice(1)) > LARGEST)
      return `sums of ${showLevels(input)} and its weights may leave single precision`
  }
  if (input.offset === 0 || zeroOf(input)) return undefined
  // unit · dot + r · unit · sum w is a difference of large numbers where one value is far smaller than the other.
  if (large > FARTHEST * small) return `its input is ${showLevels(input)}, too far apart for one scale`
  return padding.every(size => size === 0)
    ? undefined
    : `its input is ${showLevels(input)}, and its zero padding is neither`
}

/** Every group starts on a word of bits. */
function grouped(image: Node, groups: number): Node {
  if (groups === 1) return image
  const [n, h, w, c] = image.type.shape as [number, number, number, number]
  return create('reshape', [image], { shape: [n, h, w, groups, c / groups] }, image.origin)
}

function filledBorder(bits: Node, value: number, [top, left, bottom, right]: Padding): Node {
  return create('pad', [bits], { before: [0, top, left, 0], after: [0, bottom, right, 0], value }, bits.origin)
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
    for (const [k, { positive, negative }] of censusOf(signs).entries())
      sums[first + k]! += factors[k]! * (positive - negative)
  return Float32Array.from(sums)
}
