import { call, type Expr, number } from '../../ir/expr.ts'
import { isConstant } from '../../ir/fold.ts'
import { evaluateNode } from '../../ir/interpret.ts'
import { create, type Node } from '../../ir/node.ts'
import { i32, type Tensor } from '../../ir/tensor.ts'
import { asComputed, elementwise, literal, raise, reshape } from './build.ts'
import { toFloat, wrapped } from './cast.ts'
import { axisOf, type Context, type Importer, invalid, operand, operands, unsupported } from './context.ts'
import { a, b, foldLeft } from './expressions.ts'

type IntegerStep = (left: number, right: number) => number

/** On 64-bit integers; results beyond i32 are refused by the caller. */
const integerSteps: Readonly<Record<'add' | 'sub' | 'mul' | 'div', IntegerStep>> = {
  add: (left, right) => left + right,
  sub: (left, right) => left - right,
  mul: (left, right) => left * right,
  div: (left, right) => Math.trunc(left / right),
}

/** Only 64-bit integers: arithmetic of 8 bits wraps around, which nothing here does. */
const wide = (context: Context, x: Node): Node => (x.type.dtype === 'i64' ? asComputed(context, x) : x)

const unary =
  (expr: Expr): Importer =>
  context =>
    elementwise(context, expr, wide(context, operand(context, 0)))

const binary =
  (fn: keyof typeof integerSteps): Importer =>
  context => {
    const [left, right] = operandPair(context)
    const type = context.elementTypeOf(left)
    if (type === INT8 || type === UINT8) return combineBytes(context, fn, left, right, type)
    if (isInteger(left) && isInteger(right)) return combineIntegers(context, fn, left, right)
    return elementwise(context, call(fn, a, b), left, right)
  }

const variadic =
  (fn: 'add' | 'max' | 'min'): Importer =>
  context => {
    return foldOperands(
      context,
      fn,
      operands(context).map(node => wide(context, node)),
    )
  }

type Op =
  | ('Add' | 'Sub' | 'Mul' | 'Div' | 'Pow' | 'Sum' | 'Mean' | 'Max' | 'Min' | 'Neg' | 'Abs' | 'Sqrt' | 'Exp' | 'Log')
  | ('Reciprocal' | 'Floor' | 'Ceil' | 'Round' | 'Sign')

/** Elementwise arithmetic, with numpy's broadcasting. */
export const arithmetic: Record<Op, Importer> = {
  Add: binary('add'),
  Sub: binary('sub'),
  Mul: binary('mul'),
  Div: binary('div'),
  Pow: context => {
    const [base, exponent] = operandPair(context)
    // Exporters write squares with an integer exponent.
    const power =
      base.type.dtype === 'f32' && isInteger(exponent) && isConstant(exponent)
        ? elementwise(context, call('float', a), exponent)
        : exponent
    return elementwise(context, call('pow', a, b), base, power)
  },
  Sum: variadic('add'),
  Max: variadic('max'),
  Min: variadic('min'),
  Mean: context => {
    const all = operands(context)
    return elementwise(context, call('div', a, number(all.length)), foldOperands(context, 'add', all))
  },
  Neg: unary(call('neg', a)),
  Abs: unary(call('abs', a)),
  Sqrt: unary(call('sqrt', a)),
  Exp: unary(call('exp', a)),
  Log: unary(call('log', a)),
  Reciprocal: unary(call('div', number(1), a)),
  Floor: unary(call('floor', a)),
  Ceil: unary(call('ceil', a)),
  Round: unary(call('round', a)),
  /** As ONNX has it, with 0 for 0; a pass decides what becomes a bit. */
  Sign: unary(call('sign', a)),
}

/** Most operands of one elementwise op: expressions are walked by recursion. */
const MOST_OPERANDS = 64

/** f(f(x, y), z) … from the left, as onnxruntime does it, in as many ops as it takes. */
function foldOperands(context: Context, fn: 'add' | 'max' | 'min', all: readonly Node[]): Node {
  const step = all.slice(0, MOST_OPERANDS)
  const result = elementwise(context, foldLeft(fn, step.length), ...step)
  return all.length <= MOST_OPERANDS ? result : foldOperands(context, fn, [result, ...all.slice(MOST_OPERANDS)])
}

/** Both operands; before opset 7 the second was broadcast from an explicit axis. */
function operandPair(context: Context): readonly [Node, Node] {
  const left = wide(context, operand(context, 0))
  const right = wide(context, operand(context, 1))
  if (context.opset >= 7) return [left, right]
  context.attributes.ignore('consumed_inputs')
  const rank = left.type.shape.length
  const broadcast = context.attributes.oneOf('broadcast', 0, 1) === 1
  if (!context.attributes.has('axis') || !broadcast) {
    context.attributes.ignore('axis')
    return [left, raise(context, right, rank)]
  }
  const axis = axisOf(context, context.attributes.int('axis'), rank)
  const after = rank - axis - right.type.shape.length
  if (after < 0) throw invalid(context, `broadcasts [${right.type.shape}] from axis ${axis} of [${left.type.shape}]`)
  return [left, reshape(context, right, [...right.type.shape, ...new Array<number>(after).fill(1)])]
}

const [UINT8, INT8] = [2, 3]

/** Bytes, exactly, in f32; what does not fit wraps around. */
function combineBytes(context: Context, fn: keyof typeof integerSteps, left: Node, right: Node, type: number): Node {
  const values = [toFloat(context, left), toFloat(context, right)]
  const exact = elementwise(context, call(fn, a, b), ...values)
  const whole = fn === 'div' ? elementwise(context, call('float', call('int', a)), exact) : exact
  const result = elementwise(context, wrapped(a, 8, type === INT8 ? 128 : 0), whole)
  context.declare(result, type)
  return result
}

const isInteger = (node: Node): boolean => node.type.dtype === 'i32'

/**
 * Shape arithmetic is folded exactly. ONNX's 64-bit integers are clamped to i32 on import, so values at the limits
 * are not known and results beyond them have no form.
 */
function combineIntegers(context: Context, fn: keyof typeof integerSteps, left: Node, right: Node): Node {
  if (!isConstant(left) || !isConstant(right)) {
    if (fn === 'div') throw unsupported(context, 'divides integers that depend on the input', 'floats, or constants')
    return elementwise(context, call(fn, a, b), left, right)
  }
  const rank = Math.max(left.type.shape.length, right.type.shape.length)
  const [first, second] = [raise(context, left, rank), raise(context, right, rank)]
  // The sum only tells the result's shape; an empty list needs no values.
  const { shape } = create('map', [first, second], { expr: call('add', a, b) }, context.origin).type
  const [x, y] = [spread(first, second), spread(second, first)]
  const results = Array.from(x, (value, index) => integerSteps[fn](value, y[index]!))
  if ([...x, ...y, ...results].some(value => !(Math.abs(value) < 2 ** 31 - 1)))
    throw unsupported(context, 'computes integers beyond 32 bits', 'integers of 32 bits')
  return literal(context, i32(shape, results))
}

/** The values of `node`, broadcast to the shape that it has together with `other`. */
function spread(node: Node, other: Node): Int32Array {
  const broadcast = create('map', [node, other], { expr: a }, node.origin)
  const values = [node, other].map(part => (part as Node<'constant'>).attrs.value) as [Tensor, Tensor]
  return evaluateNode(broadcast, values).values as Int32Array
}
