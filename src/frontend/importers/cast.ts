import { diagnostics } from '../../ir/diagnostics.ts'
import { call, type Expr, number } from '../../ir/expr.ts'
import { isConstant } from '../../ir/fold.ts'
import type { Node } from '../../ir/node.ts'
import { i32, numbersOf, type Tensor } from '../../ir/tensor.ts'
import { dtypeOf, typeName } from '../tensors.ts'
import { asComputed, elementwise, literal } from './build.ts'
import { type Context, type Importer, operand, unsupported } from './context.ts'
import { a, b, c, one, zero } from './expressions.ts'

/** ONNX's number of the type. */
export const INT32 = 6

export const casts: Record<'Cast', Importer> = {
  /**
   * To f32: integers by value, bool as 0 and 1. To bool: whether it is not 0. To integers: without the fraction;
   * what 8 or 16 bits do not hold wraps around. Doubles and halves are computed in f32, with a warning.
   */
  Cast: context => {
    const { attributes } = context
    const x = operand(context, 0)
    const to = attributes.int('to')
    attributes.ignore('saturate', 'round_mode')
    const found = converted(context, x, to)
    // What the value was before keeps its type for others that read it.
    const isTyped = found.type.dtype === 'f32' && context.elementTypeOf(found) !== undefined
    const result = isTyped ? elementwise(context, a, found) : found
    context.declare(result, to)
    return result
  },
}

function converted(context: Context, x: Node, to: number): Node {
  switch (dtypeOf(to)) {
    case 'f32':
      if (typeName(to) !== 'float' && !isConstant(x))
        context.warn(diagnostics.computedInF32(context.where, typeName(to)))
      return toFloat(context, x)
    case 'bit':
      return toBool(context, x)
    case 'i32':
      return toInteger(context, x, typeName(to))
    default:
      throw unsupported(context, `converts to ${typeName(to)}`, 'float, bool and integers')
  }
}

/** Integers by value, bool as 0 and 1. */
export function toFloat(context: Context, x: Node): Node {
  switch (x.type.dtype) {
    case 'f32':
      return x
    case 'bit':
      return elementwise(context, call('select', a, one, zero), x)
    case 'i64':
      return elementwise(context, call('float', a), asComputed(context, x))
    default:
      // Larger integers were clamped on import: what they were is not known.
      if (isConstant(x) && numbersOf(x.attrs.value).some(value => Math.abs(value) >= 2 ** 31 - 1))
        throw unsupported(context, 'converts an integer beyond 32 bits to float', 'integers of 32 bits')
      return wholeFloatsOf(context, x) ?? elementwise(context, call('float', a), x)
  }
}

/** The whole numbers in f32 that an int32 was made of, where it is a sum of products. */
function wholeFloatsOf(context: Context, x: Node): Node | undefined {
  if (x.op !== 'map' || x.attrs.expr.fn !== 'int') return undefined
  const [floats] = x.operands
  return floats?.type.dtype === 'f32' && context.elementTypeOf(floats) === INT32 ? floats : undefined
}

function toBool(context: Context, x: Node): Node {
  if (x.type.dtype === 'bit') return x
  return x.type.dtype === 'f32'
    ? elementwise(context, call('not', call('eq', a, zero)), x)
    : elementwise(context, call('not', call('eq', a, b)), asComputed(context, x), literal(context, i32([], [0])))
}

/** Least and largest values of the integer types; 64-bit ones are clamped to i32 everywhere. */
const ranges: Readonly<Record<string, readonly [least: number, most: number]>> = {
  int8: [-(2 ** 7), 2 ** 7 - 1],
  uint8: [0, 2 ** 8 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  uint16: [0, 2 ** 16 - 1],
  uint32: [0, 2 ** 31 - 1],
  uint64: [0, 2 ** 31 - 1],
}

function toInteger(context: Context, x: Node, type: string): Node {
  const { dtype } = x.type
  if (dtype === 'bit')
    return elementwise(
      context,
      call('select', a, b, c),
      x,
      literal(context, i32([], [1])),
      literal(context, i32([], [0])),
    )
  if (isConstant(x)) return literal(context, truncated(context, x.attrs.value, type))
  // Token ids: int64 and int32 select the same rows.
  const isWide = type === 'int32' || type === 'int64'
  if (isWide && (dtype === 'i32' || dtype === 'i64')) return x
  if ((type === 'uint8' && dtype === 'u8') || (type === 'int8' && dtype === 'i8')) return x
  if (dtype === 'u8' || dtype === 'i8' ? isWide || type.endsWith('16') : isWide && dtype === 'f32')
    return elementwise(context, call('int', a), x)
  const bits = Number(/\d+$/.exec(type)?.[0])
  if (dtype === 'i64' || bits > 16)
    throw unsupported(
      context,
      `converts ${dtype} activations to ${type}`,
      'conversions to float, bool, int32, int64 and integers of 8 and 16 bits',
      'Convert to int32 or int64 instead.',
    )
  const whole = dtype === 'f32' ? elementwise(context, call('float', call('int', a)), x) : toFloat(context, x)
  return elementwise(context, call('int', wrapped(a, bits, type.startsWith('u') ? 0 : 2 ** (bits - 1))), whole)
}

/** What is left of a whole number in `bits` bits, from -`below` on. Exact for numbers of 24 bits. */
export function wrapped(x: Expr, bits: number, below: number): Expr {
  const period = number(2 ** bits)
  const turns = call('floor', call('div', call('add', x, number(below)), period))
  return call('sub', x, call('mul', turns, period))
}

function truncated(context: Context, tensor: Tensor, type: string): Tensor {
  const [least, most] = ranges[type] ?? [-(2 ** 31), 2 ** 31 - 1]
  const integers = numbersOf(tensor).map(Math.trunc)
  const outside = integers.find(value => !(value >= least && value <= most))
  if (outside !== undefined) throw unsupported(context, `converts ${outside} to ${type}`, 'values that fit')
  return i32(tensor.shape, integers)
}
