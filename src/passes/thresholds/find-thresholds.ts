import { type Convolution, extrasOf, sourcesOf, withEpilogue } from '../../ir/epilogue.ts'
import { arg, call, isReached, number, REACHED, sizeOf, substitute } from '../../ir/expr.ts'
import { largestSums } from '../../ir/integer-sums.ts'
import { constant, create, withOperands } from '../../ir/node.ts'
import { type DType, f32, i32, sameShape, type Tensor } from '../../ir/tensor.ts'
import { constantExtras } from '../analysis/constant-extras.ts'
import { integers, type Order } from '../analysis/switch-point.ts'
import { rewrites, rule } from '../rewrite.ts'
import { switchPoints } from './switch-points.ts'

/**
 * A chain of floats between a sum and its sign is one comparison: sum >= threshold. Thresholds are found, not
 * derived: the chain itself is evaluated, with the interpreter's rounding, and the threshold is where it switches.
 * By bisection where every step is provably monotone, else (for integers) by trying all values. Channels where the
 * chain falls get their filter negated, and the comparison turns round: -sum >= -last. Exact by construction, wherever
 * no step of the chain is NaN.
 */
export const findThresholds = rewrites(
  'find-thresholds',
  rule('sign of a sum', ['binaryConv2d', 'conv2d', 'integerConv2d'], node => {
    const [, weights] = node.operands
    const operands = extrasOf(node)
    const { epilogue } = node.attrs
    if (node.type.dtype !== 'bit' || weights.op !== 'constant' || isThreshold(node)) return undefined
    const extras = constantExtras(operands, node.type.shape[3]!)
    if (!extras) return undefined
    const integer = node.op !== 'conv2d'
    const types: DType[] = [integer ? 'i32' : 'f32', ...operands.map(operand => operand.type.dtype)]
    const switches = switchPoints(epilogue, types, extras, sumsOf(node))
    if (!switches) return undefined
    const thresholds = integer ? i32(extras.shape, switches.at) : f32(extras.shape, switches.at)
    const [x, ...filters] = sourcesOf(node)
    const turned = filters.map(each =>
      each.op === 'constant' ? constant(negated(each.attrs.value, switches.falls), each.origin) : each,
    )
    const compared = withOperands(node, [x!, ...turned, ...operands]) as Convolution
    return withEpilogue(compared, [constant(thresholds, node.origin)], REACHED)
  }),
  rule('sign of a value', 'map', node => {
    const { expr } = node.attrs
    const [x, ...more] = node.operands.filter(({ op }) => op !== 'constant')
    const [channels] = node.type.shape.slice(3)
    if (
      node.type.shape.length !== 4 ||
      node.type.dtype !== 'bit' ||
      x?.type.dtype !== 'f32' ||
      more.length > 0 ||
      channels === undefined
    )
      return undefined
    // Nothing is gained where only a comparison is left.
    if (sizeOf(expr) <= SIMPLE) return undefined
    const operands = node.operands.filter(operand => operand !== x)
    const extras = constantExtras(operands, channels)
    if (!extras?.perChannel || !sameShape(x.type.shape, node.type.shape)) return undefined
    const all = [x, ...operands]
    const chain = substitute(expr, index => arg(all.indexOf(node.operands[index]!)))
    const types = all.map(operand => operand.type.dtype)
    const switches = switchPoints(chain, types, extras, 'floats')
    if (!switches) return undefined
    if (operands.length === 0 && !switches.falls.includes(1))
      return create('map', [x], { expr: call('ge', arg(0), number(switches.at[0]!)) }, node.origin)
    const threshold = constant(f32(extras.shape, switches.at), node.origin)
    const sign = f32(
      extras.shape,
      Float32Array.from(switches.falls, falls => (falls ? -1 : 1)),
    )
    return switches.falls.includes(1)
      ? create('map', [x, constant(sign, node.origin), threshold], { expr: TURNED }, node.origin)
      : create('map', [x, threshold], { expr: REACHED }, node.origin)
  }),
)

/** For channels where the chain falls, as if their filters had been negated. */
const TURNED = call('ge', call('mul', arg(0), arg(1)), arg(2))
const SIMPLE = sizeOf(TURNED)

const isThreshold = (node: Convolution): boolean => isReached(node.attrs.epilogue) && extrasOf(node).length === 1

/** The sums that can occur. */
function sumsOf(node: Convolution): Order | 'floats' {
  const [, weights, offsets] = node.operands
  if (node.op === 'conv2d') return 'floats'
  const [, kh, kw, channels] = weights.type.shape as [number, number, number, number]
  if (node.op === 'binaryConv2d') return integers(kh * kw * channels)
  if (weights.op !== 'constant' || offsets?.op !== 'constant') throw new Error('integer weights are constants')
  return { ...integers(Math.max(...largestSums(weights.attrs.value, offsets.attrs.value))), countable: false }
}

/** Filters with a 1 in `flips`, negated; bits as well as numbers. */
function negated(weights: Tensor, flips: Uint8Array): Tensor {
  if (!flips.includes(1)) return weights
  const size = weights.values.length / flips.length
  const values = weights.values.slice() as Float32Array | Int32Array | Uint8Array
  flips.forEach((flip, o) => {
    if (flip)
      for (let i = o * size; i < (o + 1) * size; i++) values[i] = weights.dtype === 'bit' ? 1 - values[i]! : -values[i]!
  })
  return { ...weights, values }
}
