import { arg, call, type Expr, number } from '../../ir/expr.ts'
import { isConstant } from '../../ir/fold.ts'
import type { Node } from '../../ir/node.ts'
import { elements } from '../../ir/tensor.ts'
import { alongChannels, elementwise } from './build.ts'
import { type Context, type Importer, invalid, operand, unsupported } from './context.ts'
import { a, b, clamp, erf, one, piecewise, sigmoid, softplus, zero } from './expressions.ts'

/** An activation from its expression; parameters come from the attributes. */
const activation =
  (expr: (context: Context) => Expr): Importer =>
  context =>
    elementwise(context, expr(context), operand(context, 0))

const parameter = (context: Context, name: string, fallback: number): Expr =>
  number(context.attributes.float(name, fallback))

const expLessOne: Expr = call('sub', call('exp', a), one)

type Op =
  | ('Relu' | 'LeakyRelu' | 'PRelu' | 'Elu' | 'Selu' | 'Celu' | 'ThresholdedRelu' | 'Softplus' | 'Softsign' | 'Sigmoid')
  | ('Tanh' | 'HardSigmoid' | 'HardSwish' | 'Swish' | 'Mish' | 'Gelu' | 'Erf' | 'Shrink' | 'Clip')

export const activations: Record<Op, Importer> = {
  Relu: context => {
    const x = operand(context, 0)
    return x.type.dtype === 'i32'
      ? elementwise(context, call('max', a, call('sub', a, a)), x)
      : elementwise(context, call('max', a, zero), x)
  },
  LeakyRelu: activation(context => call('select', atLeastZero, a, call('mul', parameter(context, 'alpha', 0.01), a))),
  PRelu: context => {
    const x = operand(context, 0)
    const slope = operand(context, 1)
    const rank = x.type.shape.length
    // Before opset 7 a vector of slopes meant channels.
    const perChannel = context.opset < 7 && slope.type.shape.length === 1 && elements(slope.type.shape) > 1
    if (!perChannel && slope.type.shape.length > rank)
      throw invalid(context, `has slopes of shape [${slope.type.shape}] for [${x.type.shape}]`)
    const aligned = perChannel ? alongChannels(context, slope, rank) : slope
    return elementwise(context, call('select', atLeastZero, a, call('mul', a, b)), x, aligned)
  },
  Elu: activation(context => piecewise(a, a, call('mul', parameter(context, 'alpha', 1), expLessOne))),
  Selu: activation(context => {
    const alpha = parameter(context, 'alpha', 1.6732632423543772)
    const gamma = parameter(context, 'gamma', 1.0507009873554805)
    return call('mul', gamma, piecewise(a, a, call('mul', alpha, expLessOne)))
  }),
  Celu: activation(context => {
    const alpha = parameter(context, 'alpha', 1)
    const below = call('mul', alpha, call('sub', call('exp', call('div', a, alpha)), one))
    return call('add', call('max', a, zero), call('min', below, zero))
  }),
  ThresholdedRelu: activation(context => call('select', call('gt', a, parameter(context, 'alpha', 1)), a, zero)),
  Softplus: activation(() => softplus(a)),
  Softsign: activation(() => call('div', a, call('add', one, call('abs', a)))),
  Sigmoid: activation(() => sigmoid(a)),
  Tanh: activation(() => call('tanh', a)),
  HardSigmoid: activation(context => {
    const line = call('add', call('mul', parameter(context, 'alpha', 0.2), a), parameter(context, 'beta', 0.5))
    return clamp(line, zero, one)
  }),
  HardSwish: activation(() => {
    const line = call('add', call('mul', number(1 / 6), a), number(0.5))
    return call('mul', a, clamp(line, zero, one))
  }),
  /** x · sigmoid(alpha · x). */
  Swish: activation(context => call('mul', a, sigmoid(call('mul', parameter(context, 'alpha', 1), a)))),
  Erf: activation(() => erf(a)),
  /** x less what is cut off on either side, plus a bias; 0 between. */
  Shrink: activation(context => {
    const [bias, limit] = [parameter(context, 'bias', 0), parameter(context, 'lambd', 0.5)]
    const below = call('gt', call('neg', limit), a)
    const rest = call('select', call('gt', a, limit), call('sub', a, bias), zero)
    return call('select', below, call('add', a, bias), rest)
  }),
  Mish: activation(() => call('mul', a, call('tanh', softplus(a)))),
  Gelu: activation(context => {
    const approximation = context.attributes.string('approximate', 'none')
    if (approximation === 'none') {
      const share = call('add', one, erf(call('mul', a, number(Math.SQRT1_2))))
      return call('mul', call('mul', number(0.5), a), share)
    }
    if (approximation !== 'tanh')
      throw unsupported(context, `has approximate=${approximation}`, 'approximate=none and approximate=tanh')
    const cube = call('mul', number(0.044715), call('mul', a, call('mul', a, a)))
    const inner = call('mul', number(Math.sqrt(2 / Math.PI)), call('add', a, cube))
    return call('mul', call('mul', number(0.5), a), call('add', one, call('tanh', inner)))
  }),
  /** Bounds are attributes before opset 11 and inputs since; either may be missing. */
  Clip: context => {
    const x = operand(context, 0)
    const bounds = context.opset < 11 ? attributeBounds(context) : inputBounds(context)
    return bounds.reduce<Node>((value, { fn, bound }) => {
      if (typeof bound !== 'number') return elementwise(context, call(fn, a, b), value, bound)
      // NaN is no bound to onnxruntime; an infinite one may be: Clip with min = Infinity gives Infinity.
      const changesNothing = Number.isNaN(bound) || bound === (fn === 'max' ? -Infinity : Infinity)
      return changesNothing ? value : elementwise(context, call(fn, a, number(bound)), value)
    }, x)
  },
}

const atLeastZero = call('ge', arg(0), zero)

interface Bound {
  readonly fn: 'max' | 'min'
  readonly bound: number | Node
}

const LARGEST_F32 = 2 ** 128 - 2 ** 104

const isInfinite = (node: Node | undefined): boolean =>
  node !== undefined && isConstant(node) && Math.abs(Number(node.attrs.value.values[0])) === Infinity

/** Exporters write the largest float for a bound that is not there. */
function attributeBounds(context: Context): readonly Bound[] {
  const min = context.attributes.anyFloat('min', -Infinity)
  const max = context.attributes.anyFloat('max', Infinity)
  if (!(min <= max)) throw invalid(context, `has min=${min} and max=${max}`)
  return [
    { fn: 'max', bound: min },
    { fn: 'min', bound: max },
  ]
}

const inputBounds = (context: Context): readonly Bound[] =>
  (['max', 'min'] as const).flatMap((fn, k) => {
    const node = context.inputs[k + 1]
    // ONNX's bound where none is given; what is finite never meets it.
    if (!node) return isInfinite(context.inputs[2 - k]) ? [{ fn, bound: k === 0 ? -LARGEST_F32 : LARGEST_F32 }] : []
    if (elements(node.type.shape) !== 1) throw invalid(context, `has a bound of shape [${node.type.shape}]`)
    const bound = isConstant(node) && node.type.dtype === 'f32' ? Number(node.attrs.value.values[0]) : node
    return [{ fn, bound }]
  })
