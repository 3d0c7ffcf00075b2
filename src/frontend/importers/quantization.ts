import { CompileError } from '../../ir/diagnostic.ts'
import { diagnostics } from '../../ir/diagnostics.ts'
import { arg, call, type Expr, number } from '../../ir/expr.ts'
import type { Node } from '../../ir/node.ts'
import { f32 } from '../../ir/tensor.ts'
import { elementwise, literal, reshape } from './build.ts'
import { toFloat } from './cast.ts'
import { type Context, constantOf, type Importer, invalid, operand, scalarOf, unsupported } from './context.ts'
import { a, b, balancedSum, c, clamp, one, zero } from './expressions.ts'

/** −1 or +1, where 0 counts as positive. */
const bipolar = (x: Expr): Expr => call('float', call('ge', x, zero))

/** Integers of `bit_width` bits between the scalings; 1 bit signed is −1 and +1. */
const quant: Importer = context => {
  const { attributes } = context
  const x = toFloat(context, operand(context, 0))
  const scale = toFloat(context, operand(context, 1))
  const zeroPoint = toFloat(context, operand(context, 2))
  const width = scalarOf(context, 3, 'bit width')
  const isSigned = attributes.oneOf('signed', 1, 0) === 1
  const isNarrow = attributes.oneOf('narrow', 1, 0) === 1
  const mode = attributes.string('rounding_mode', 'ROUND').toUpperCase()
  const round = roundings.get(mode)
  if (!round) throw unsupported(context, `has rounding_mode=${mode}`, [...roundings.keys()].join(', '))
  if (!(Number.isInteger(width) && width >= 1 && width <= 24))
    throw unsupported(context, `has a bit width of ${width}`, '1 to 24')
  const scaled = call('add', call('div', a, b), c)
  const [least, most] = rangeOf(width, isSigned, isNarrow)
  const whole = width === 1 && isSigned ? bipolar(scaled) : call(round, clamp(scaled, number(least), number(most)))
  return elementwise(context, call('mul', call('sub', whole, c), b), x, scale, zeroPoint)
}

const roundings: ReadonlyMap<string, 'round' | 'ceil' | 'floor'> = new Map([
  ['ROUND', 'round'],
  ['CEIL', 'ceil'],
  ['FLOOR', 'floor'],
])

function rangeOf(width: number, isSigned: boolean, isNarrow: boolean): readonly [least: number, most: number] {
  const narrowed = isNarrow ? 1 : 0
  return isSigned ? [-(2 ** (width - 1)) + narrowed, 2 ** (width - 1) - 1] : [0, 2 ** width - 1 - narrowed]
}

/** Each is an operand of the generated code. */
const MOST_THRESHOLDS = 2 ** 10 - 1

/** The operators of QONNX, and of Brevitas and FINN, which export them under domains of their own. */
export const quantization: Record<'BipolarQuant' | 'Quant' | 'IntQuant' | 'MultiThreshold', Importer> = {
  /** x >= 0 ? scale : −scale. */
  BipolarQuant: context => elementwise(context, call('mul', bipolar(a), b), operand(context, 0), operand(context, 1)),
  Quant: quant,
  IntQuant: quant,
  /** out_scale · (how many thresholds of its channel x reaches) + out_bias. thresholds: [C or 1, n]. */
  MultiThreshold: context => {
    const { attributes } = context
    const x = operand(context, 0)
    const thresholds = constantOf(context, 1, 'thresholds')
    const layout = attributes.string('data_layout', 'NCHW')
    // It names the type of the result, which is f32 here.
    attributes.ignore('out_dtype')
    const scale = number(attributes.float('out_scale', 1))
    const bias = number(attributes.float('out_bias', 0))
    const { shape } = x.type
    const isChannelsLast = layout === 'NHWC' || (shape.length !== 2 && shape.length !== 4)
    if ((layout !== 'NCHW' && layout !== 'NHWC') || shape.length < 2)
      throw unsupported(context, `has data_layout=${layout} for rank ${shape.length}`, 'NCHW and NHWC')
    const axis = isChannelsLast ? shape.length - 1 : 1
    const [channels, count] = thresholds.shape as [number, number]
    if (thresholds.shape.length !== 2 || (channels !== 1 && channels !== shape[axis]))
      throw invalid(context, `has thresholds of shape [${thresholds.shape}] for ${shape[axis]} channels`)
    if (count < 1) throw invalid(context, 'has no thresholds')
    if (count > MOST_THRESHOLDS)
      throw new CompileError(
        diagnostics.tooMany(context.where, `${count} thresholds per channel`, `${MOST_THRESHOLDS}, which are 10 bits`),
      )
    const steps = Array.from({ length: count }, (_, k) => thresholdsAt(context, thresholds.values, channels, count, k))
    const aligned = steps.map(step =>
      reshape(
        context,
        step,
        shape.map((_, k) => (k === axis ? channels : 1)),
      ),
    )
    const reached = steps.map((_, k) => call('select', call('ge', a, arg(k + 1)), one, zero))
    const sum = balancedSum(reached)
    return elementwise(context, call('add', call('mul', scale, sum), bias), x, ...aligned)
  },
}

function thresholdsAt(
  context: Context,
  values: ArrayLike<number | bigint>,
  channels: number,
  count: number,
  k: number,
): Node {
  return literal(
    context,
    f32(
      [channels],
      Array.from({ length: channels }, (_, channel) => Number(values[channel * count + k])),
    ),
  )
}

/** OpenVINO's: `levels` values between output_low and output_high. */
export const openvino: Record<'FakeQuantize', Importer> = {
  FakeQuantize: context => {
    context.attributes.ignore('auto_broadcast')
    const levels = context.attributes.int('levels')
    if (levels < 2 || levels > 2 ** 24) throw invalid(context, `has levels=${levels}`)
    const all = [0, 1, 2, 3, 4].map(index => operand(context, index))
    const [inLow, inHigh, outLow, outHigh] = [1, 2, 3, 4].map(arg) as [Expr, Expr, Expr, Expr]
    const steps = number(levels - 1)
    const position = call('mul', call('div', call('sub', a, inLow), call('sub', inHigh, inLow)), steps)
    const between = call(
      'add',
      call('mul', call('div', call('round', position), steps), call('sub', outHigh, outLow)),
      outLow,
    )
    const notBelow = call('gt', a, call('min', inLow, inHigh))
    const above = call('gt', a, call('max', inLow, inHigh))
    return elementwise(context, call('select', notBelow, call('select', above, outHigh, between), outLow), ...all)
  },
}
