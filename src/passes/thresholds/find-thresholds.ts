import { type Convolution, extrasOf, sourcesOf, withEpilogue } from '../../ir/epilogue.ts'
import { arg, call, type Expr, evaluator, isArg, sizeOf, substitute } from '../../ir/expr.ts'
import { largestSums } from '../../ir/integer-sums.ts'
import { constant, create, withOperands } from '../../ir/node.ts'
import { slopeOf } from '../../ir/slope.ts'
import { type DType, f32, i32, sameShape, type Tensor } from '../../ir/tensor.ts'
import { type ConstantExtras, constantExtras } from '../analysis/constant-extras.ts'
import { bisect, floatsUpTo, integers, type Order, slopeOfFloats } from '../analysis/switch-point.ts'
import { rewrites, rule } from '../rewrite.ts'

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
    return withEpilogue(compared, [constant(thresholds, node.origin)], call('ge', arg(0), arg(1)))
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

const REACHED = call('ge', arg(0), arg(1))
/** For channels where the chain falls, as if their filters had been negated. */
const TURNED = call('ge', call('mul', arg(0), arg(1)), arg(2))
const SIMPLE = sizeOf(TURNED)

function isThreshold(node: Convolution): boolean {
  const { epilogue } = node.attrs
  return (
    epilogue.fn === 'ge' && extrasOf(node).length === 1 && isArg(epilogue.args[0]!, 0) && isArg(epilogue.args[1]!, 1)
  )
}

/** The sums that can occur. */
function sumsOf(node: Convolution): Order | 'floats' {
  const [, weights, offsets] = node.operands
  if (node.op === 'conv2d') return 'floats'
  const [, kh, kw, channels] = weights.type.shape as [number, number, number, number]
  if (node.op === 'binaryConv2d') return integers(kh * kw * channels)
  if (weights.op !== 'constant' || offsets?.op !== 'constant') throw new Error('integer weights are constants')
  return { ...integers(Math.max(...largestSums(weights.attrs.value, offsets.attrs.value))), countable: false }
}

interface Switches {
  /** Thresholds of the (negated, where falling) sums, per position of the extras. */
  readonly at: Float64Array
  /** Per channel. */
  readonly falls: Uint8Array
}

/** Where the condition switches, for every position; undefined where one is not a single switch. */
function switchPoints(
  condition: Expr,
  types: readonly DType[],
  extras: ConstantExtras,
  sums: Order | 'floats',
): Switches | undefined {
  const fires = evaluator(condition, types)
  const channels = extras.shape[3]!
  const at = new Float64Array(extras.positions)
  const falls = new Uint8Array(channels)
  const decided = new Uint8Array(channels)
  let switched = false
  const args = [0]
  for (let position = 0; position < extras.positions; position++) {
    extras.fill(args, position)
    const { order, slope } = proofOf(condition, types, args, sums)
    const test = (index: number) => {
      args[0] = order.value(index)
      return fires(args) !== 0
    }
    const first = test(order.low)
    const last = test(order.high)
    const channel = position % channels
    if (first === last) {
      if (slope === 'unknown' && !isConstantOver(order, test, first)) return undefined
      // Never, or always: as a rising condition that switches outside the range. A falling filter needs it mirrored alike.
      at[position] = first ? order.least : order.above
      continue
    }
    const point = bisect(order.low, order.high, index => test(index) === last)
    if (slope === 'unknown' && !isSingleSwitch(order, test, point, last)) return undefined
    const falling = first ? 1 : 0
    if (decided[channel] && falls[channel] !== falling) return undefined
    decided[channel] = 1
    falls[channel] = falling
    switched = true
    // Falling: fires up to the value before the switch, so -sum >= -(that value).
    at[position] = falling ? -order.value(point - 1) : order.value(point)
    // Hardware that flushes subnormals reads such a threshold as 0, which a sum of 0 reaches: the chain stays as it is.
    if (at[position]! > 0 && at[position]! < LEAST_NORMAL) return undefined
  }
  // A condition that no number changes holds for NaN too, which reaches no threshold.
  return switched || sums !== 'floats' ? { at, falls } : undefined
}

const LEAST_NORMAL = 2 ** -126

/** What to search, and the slope of the condition over all of it. */
function proofOf(condition: Expr, types: readonly DType[], args: readonly number[], sums: Order | 'floats') {
  if (sums === 'floats') {
    const { slope, limit } = slopeOfFloats(condition, args, types)
    return { slope, order: floatsUpTo(limit) }
  }
  const span = { low: sums.value(sums.low), high: sums.value(sums.high) }
  return { slope: slopeOf(condition, args, types, span), order: sums }
}

function isSingleSwitch(order: Order, test: (index: number) => boolean, point: number, after: boolean): boolean {
  if (!order.countable) return false
  for (let index = order.low; index <= order.high; index++)
    if (test(index) !== (index >= point ? after : !after)) return false
  return true
}

const isConstantOver = (order: Order, test: (index: number) => boolean, value: boolean): boolean =>
  isSingleSwitch(order, test, order.low, value)

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
