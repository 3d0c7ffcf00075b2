import { call, type Expr, number } from '../../ir/expr.ts'
import type { Node } from '../../ir/node.ts'
import { elements } from '../../ir/tensor.ts'
import { typeName } from '../tensors.ts'
import { elementwise, repeatAxis, reshape, sliceAxis } from './build.ts'
import { toFloat } from './cast.ts'
import { axisOf, type Context, type Importer, invalid, operand, refuseLong, unsupported } from './context.ts'
import { a, asIs, b, c, clamp, one, zero } from './expressions.ts'

const UINT8 = 2

/** Least and largest value of the types that values are quantized to, by ONNX's number. */
const ranges: Readonly<Record<number, readonly [least: number, most: number]>> = {
  [UINT8]: [0, 255],
  3: [-128, 127],
  4: [0, 65535],
  5: [-32768, 32767],
}

/** Quantized values are whole numbers in f32 here, in the steps of onnxruntime: halves round to even, ends saturate. */
export const linearQuantization: Record<'QuantizeLinear' | 'DequantizeLinear' | 'DynamicQuantizeLinear', Importer> = {
  QuantizeLinear: context => {
    const { attributes } = context
    attributes.ignore('saturate', 'precision')
    const x = toFloat(context, operand(context, 0))
    const type = context.inputs[2] ? typeOfZero(context, 2) : attributes.int('output_dtype', 0) || UINT8
    attributes.ignore('output_dtype')
    const scale = aligned(context, operand(context, 1), x)
    return quantized(context, elementwise(context, call('div', a, b), x, scale), zeroPoint(context, 2, x), type)
  },
  /** (x − zero point) · scale. */
  DequantizeLinear: context => {
    context.attributes.ignore('output_dtype')
    const x = toFloat(context, operand(context, 0))
    return elementwise(context, call('mul', a, b), centred(context, 0, 2), aligned(context, operand(context, 1), x))
  },
  /** To uint8, with the scale and zero point that the least and the largest value, and 0, need. */
  DynamicQuantizeLinear: context => {
    const x = operand(context, 0)
    const axes = [...x.type.shape.keys()]
    const [least, most] = (['min', 'max'] as const).map(kind => {
      const found = context.make('reduce', [x], { kind, axes, epilogue: asIs })
      return elementwise(context, call(kind, a, zero), reshape(context, found, []))
    }) as [Node, Node]
    const span = elementwise(context, call('sub', a, b), most, least)
    const scale = elementwise(context, call('select', call('eq', a, zero), one, call('div', a, number(255))), span)
    const lowest = elementwise(context, call('sub', zero, call('div', a, b)), least, scale)
    const point = elementwise(context, call('round', clamp(a, zero, number(255))), lowest)
    context.declare(point, UINT8)
    return [quantized(context, elementwise(context, call('div', a, b), x, scale), point, UINT8), scale, point]
  },
}

/** round(x) + zero point within the range of the type; x is measured in steps already. */
export function quantized(context: Context, steps: Node, point: Node | undefined, type: number): Node {
  const range = ranges[type]
  if (!range)
    throw unsupported(context, `quantizes to ${typeName(type)}`, 'int8, uint8, int16, uint16', 'Quantize to 8 bits.')
  const within = (x: Expr) => clamp(x, number(range[0]), number(range[1]))
  const result = point
    ? elementwise(context, within(call('add', call('round', a), b)), steps, point)
    : elementwise(context, within(call('round', a)), steps)
  context.declare(result, type)
  return result
}

/** The quantized values of an input less their zero point, if there is one. `axis` is that of one point for each slice. */
export function centred(context: Context, index: number, pointIndex: number, axis?: number): Node {
  const x = toFloat(context, operand(context, index))
  const point = zeroPoint(context, pointIndex, x, axis)
  return point ? elementwise(context, call('sub', a, b), x, point) : x
}

/** The zero point of an input as it broadcasts to these values; undefined where it is left out. */
function zeroPoint(context: Context, index: number, x: Node, axis?: number): Node | undefined {
  const point = context.inputs[index]
  return point && aligned(context, toFloat(context, point), x, axis)
}

/** The type that a zero point has, which is that of the values. */
export function typeOfZero(context: Context, index: number): number {
  const type = context.elementTypeOf(operand(context, index))
  if (type === undefined)
    throw unsupported(
      context,
      'has a zero point whose type is not known',
      'constants, and what comes from Cast or a quantization',
      'Store the zero point as an initializer.',
    )
  return type
}

/** Scales or zero points as they broadcast to x: one for all, one for each slice of an axis, or one for each block of it. */
export function aligned(context: Context, parameter: Node, x: Node, given?: number): Node {
  const { shape } = parameter.type
  const { shape: full } = x.type
  const { attributes } = context
  const declared = given ?? attributes.int('axis', 1)
  const block = given === undefined ? attributes.int('block_size', 0) : 0
  if (elements(shape) === 1) return reshape(context, parameter, [])
  const axis = axisOf(context, declared, full.length)
  if (shape.length === 1 && shape[0] === full[axis] && block === 0)
    return reshape(
      context,
      parameter,
      full.map((size, k) => (k === axis ? size : 1)),
    )
  const blocks = block > 0 ? Math.ceil(full[axis]! / block) : 0
  if (`${shape}` !== `${full.with(axis, blocks)}`)
    throw invalid(context, `has parameters of shape [${shape}] for axis ${axis} of [${full}]`)
  refuseLong(context, block)
  return sliceAxis(context, repeatAxis(context, parameter, axis, block), axis, 0, full[axis]!)
}

/** The product of two scales over a third: what a sum of quantized products is multiplied with. */
export const rescaling = (context: Context, x: Node, w: Node, y: Node): Node =>
  elementwise(context, call('div', call('mul', a, b), c), x, w, y)
