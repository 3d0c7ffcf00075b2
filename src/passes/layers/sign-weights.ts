import { arg, call } from '../../ir/expr.ts'
import { constant, create } from '../../ir/node.ts'
import { f32, type Tensor } from '../../ir/tensor.ts'
import type { PassOptions } from '../pass.ts'
import { roundingRewrites, rule } from '../rewrite.ts'
import { binarizeWeights } from '../weights/binarize-weights.ts'
import { type BinaryWeights, isScaledSigns, soleSigns } from '../weights/binary-weights.ts'
import { censusOf } from '../weights/census.ts'

/**
 * A float convolution whose weights are ±alpha per filter needs their signs only:
 *   sum(x · alpha·w) = alpha · sum(x · w),   w in {-1, +1}: adds and subtracts, and one product per result
 * Exact where alpha is a power of two (and nothing overflows); else f32 rounds once instead of at every weight, which
 * `--weights exact` does not allow.
 */
export const signWeights = roundingRewrites(
  'sign-weights',
  rule(
    'float convolution of two planes',
    'conv2d',
    ({ operands: [x, weights, ...extras], attrs, origin }, { options }) => {
      if (weights.op !== 'constant' || weights.type.dtype !== 'f32' || extras.length > 0) return undefined
      const found = options.weights === 'exact' ? undefined : twoPlanesOf(weights.attrs.value)
      if (!found) return undefined
      const sums = found.planes.map(({ signs }) =>
        create('conv2d', [x, constant(signs, weights.origin)], attrs, origin),
      )
      const alpha = constant(f32([1, 1, 1, found.alpha.length], found.alpha), weights.origin)
      return create('map', [...sums, alpha], { expr: call('mul', call('add', arg(0), arg(1)), arg(2)) }, origin)
    },
  ),
  rule('float convolution', 'conv2d', ({ operands: [x, weights, ...extras], attrs, origin }, { options }) => {
    if (weights.op !== 'constant' || weights.type.dtype !== 'f32' || extras.length > 0) return undefined
    const found = signsOf(weights.attrs.value)
    if (!found || (options.weights === 'exact' && !isExact(found))) return undefined
    const layer = create('conv2d', [x, constant(found.signs, weights.origin)], attrs, origin)
    if (isOne(found)) return layer
    const alpha = constant(f32([1, 1, 1, found.alpha.length], found.alpha), weights.origin)
    return create('map', [layer, alpha], { expr: call('mul', arg(0), arg(1)) }, origin)
  }),
)

/** How a float layer with weights ±alpha is computed; undefined for other weights. */
export function howMultiplied(weights: Tensor, mode: PassOptions['weights']): string | undefined {
  if (!hasBothSigns(weights)) return undefined
  const found = binarizeWeights(weights, 'exact')
  if ('refused' in found) return undefined
  const { values } = found
  if (mode !== 'exact' && twoPlanesOf(weights)) return `${values}: adds and subtracts in two planes of signs`
  if (!soleSigns(found)) return `${values}: multiplied as floats`
  if (!signsOf(weights)) return undefined
  if (isOne(found)) return `${values}: adds and subtracts`
  if (mode === 'exact' && !isExact(found)) return `${values}: multiplied as floats, which round otherwise`
  return `${values}: adds and subtracts, then one multiplication`
}

interface SignWeights extends BinaryWeights {
  readonly signs: Tensor
}

/** Undefined where bits would not do, or would take no less room: weights with zeros, plain sums, a weight per filter. */
function signsOf(weights: Tensor): SignWeights | undefined {
  if (!hasBothSigns(weights)) return undefined
  const found = binarizeWeights(weights, 'exact')
  const signs = 'refused' in found ? undefined : soleSigns(found)
  if ('refused' in found || !signs || found.alpha.includes(0)) return undefined
  return weights.values.length > found.alpha.length ? { ...found, signs } : undefined
}

/**
 * Weights ±alpha or 0 as halves of two signs, if they are many: each weight is then added or subtracted twice, and takes 2
 * bits instead of 32.
 */
function twoPlanesOf(weights: Tensor): BinaryWeights | undefined {
  if (weights.values.length < MANY || !hasBothSigns(weights)) return undefined
  const found = binarizeWeights(weights, 'exact')
  if ('refused' in found || found.planes.length !== 2 || found.offset) return undefined
  const isWhole = found.planes.every(({ first, factors }) => first === 0 && factors.length === found.alpha.length)
  return isWhole && isScaledSigns(found) ? found : undefined
}

/** Weights of a layer that are worth a second pass over its input. */
const MANY = 1 << 14

const hasBothSigns = (weights: Tensor): boolean => {
  const census = censusOf(weights)
  return census.some(({ negative }) => negative > 0) && census.some(({ positive }) => positive > 0)
}

const isOne = ({ alpha }: BinaryWeights): boolean => alpha.every(value => value === 1)

/** Whether products with alpha round nowhere. */
const isExact = ({ alpha }: BinaryWeights): boolean => alpha.every(value => Number.isInteger(Math.log2(value)))
