import { type Shape, sameShape } from '../../../src/ir/tensor.ts'
import type { NodeSpec } from '../../onnx.ts'
import { type Builder, type Kind, require } from '../builder.ts'
import type { Choices } from '../choices.ts'
import type { Type, Value } from '../network.ts'
import { broadcast, broadcastShape, fits } from './broadcast.ts'
import { type Rule, type Rules, rule } from './rule.ts'

/** Numbers for constants; mostly dyadic. */
export const kindOf = (c: Choices): Kind =>
  c.oneOf<Kind>('ones', 'dyadic', 'dyadic', 'levels', 'scaled signs', 'signs', 'dyadic', 'ordinary', 'special')

/** Attributes of activations: whole and dyadic ones, 0, and one that is not exact. */
const parameter = (c: Choices) => ({ float: c.oneOf(1, 0.5, 0.25, 0, 2, -0.5, Math.fround(0.1), 1e-40) })

type Attrs = (c: Choices, b: Builder) => NonNullable<NodeSpec['attrs']>

const unary = (op: string, since = 6, attrs: Attrs = () => ({}), weight = 1): Rule =>
  rule(
    (b, c) => {
      const x = b.float(c)
      b.add(op, [x], x, attrs(c, b))
    },
    since,
    weight,
  )

/** Of values that are not negative, mostly. */
const ofMagnitude = (op: string): Rule =>
  rule(
    (b, c) => {
      const x = b.float(c)
      b.add(op, [c.pick(4) < 3 ? b.add('Abs', [x], x) : x], x)
    },
    6,
    1,
  )

const withParameters =
  (...names: readonly string[]): Attrs =>
  c =>
    Object.fromEntries(names.filter(() => c.pick(3) > 0).map(name => [name, parameter(c)]))

/** What stands beside a value: a constant or another value of a shape that fits. */
export function beside(
  b: Builder,
  c: Choices,
  x: Value,
  exact = false,
): { readonly name: string; readonly shape: Shape } {
  // Truth values come from comparisons alone: no network takes them.
  const found = x.type !== 'bool' || b.values.some(({ type, shape }) => type === 'bool' && fits(shape, x.shape))
  if (found && c.once(3)) {
    // Before opset 8 some operators broadcast nothing.
    const other = b.take(
      c,
      x.type,
      ({ shape }) => (exact ? sameShape(shape, x.shape) : fits(shape, x.shape)),
      () => x.shape,
    )
    require(fits(other.shape, x.shape))
    return other
  }
  const shape = exact ? x.shape : broadcastShape(c, x.shape)
  return { name: constantLike(b, c, x.type, shape), shape }
}

function constantLike(b: Builder, c: Choices, type: Type, shape: Shape): string {
  if (type === 'float') return b.floats(c, shape, kindOf(c))
  const values = Array.from({ length: shape.reduce((all, size) => all * size, 1) }, () =>
    type === 'bool' ? c.pick(2) : c.oneOf(1, 0, -1, 2, 3, -7, 100, 2 ** 31 - 1, -(2 ** 31)),
  )
  return b.constant(c, { type, shape, values })
}

export const types = (c: Choices, ...allowed: readonly Type[]): Type => allowed[c.near(allowed.length)]!

export function operandOf(b: Builder, c: Choices, type: Type): Value {
  if (type === 'float') return b.float(c)
  if (type === 'bool') return condition(b, c)
  return b.take(
    c,
    type,
    () => true,
    () => b.shape(c, 1 + c.pick(4)),
  )
}

export function binary(
  op: string,
  result: (type: Type) => Type,
  allowed: readonly Type[],
  since = 7,
  weight = 3,
): Rule {
  return rule(
    (b, c) => {
      const type = types(c, ...allowed)
      const x = operandOf(b, c, type)
      if (b.opset < 7) return explicit(b, c, op, x)
      const y = beside(b, c, x)
      const operands = c.pick(2) ? [y.name, x.name] : [x.name, y.name]
      b.add(op, operands, { type: result(type), shape: broadcast(x.shape, y.shape) })
    },
    since,
    weight,
  )
}

/** Before opset 7: the second operand is broadcast from an axis that is named. */
function explicit(b: Builder, c: Choices, op: string, x: Value): void {
  require(x.shape.length > 0 && x.type === 'float')
  const axis = c.pick(x.shape.length)
  const shape = x.shape.slice(axis, axis + 1 + c.pick(x.shape.length - axis))
  b.add(op, [x, b.floats(c, shape, kindOf(c))], x, { broadcast: 1, axis })
}

export const same = (type: Type): Type => type
export const truth = (): Type => 'bool'
export const numbers: readonly Type[] = ['float', 'int32']

const variadic = (op: string, allowed: readonly Type[]): Rule =>
  rule((b, c) => {
    const type = b.opset < 12 ? 'float' : types(c, ...allowed)
    const x = operandOf(b, c, type)
    const others = Array.from({ length: c.pick(3) }, () => beside(b, c, x, b.opset < 8))
    b.add(op, [x.name, ...others.map(({ name }) => name)], {
      type,
      shape: broadcast(x.shape, ...others.map(({ shape }) => shape)),
    })
  })

/** −1, 0, +1 with an argument that is rarely 0: an odd number of sixteenths is added first. */
const sign = rule(
  (b, c) => {
    const x = b.float(c)
    const moved = c.pick(3) ? b.add('Add', [x, b.constant(c, { type: 'float', shape: [], values: [1 / 16] })], x) : x
    b.add('Sign', [moved], x)
  },
  9,
  12,
)

export const elementwise = {
  Relu: unary('Relu', 6, () => ({}), 3),
  LeakyRelu: unary('LeakyRelu', 6, withParameters('alpha'), 2),
  PRelu: rule((b, c) => {
    const x = b.float(c)
    const shape = broadcastShape(c, x.shape)
    require(b.opset >= 7 && shape.length <= x.shape.length && sameShape(broadcast(x.shape, shape), x.shape))
    b.add('PRelu', [x, b.floats(c, shape, kindOf(c))], x)
  }),
  Elu: unary('Elu', 6, withParameters('alpha')),
  Selu: unary('Selu', 6, withParameters('alpha', 'gamma')),
  Celu: unary('Celu', 12, c => (c.pick(2) ? { alpha: { float: 0.5 } } : {})),
  ThresholdedRelu: unary('ThresholdedRelu', 10, withParameters('alpha')),
  Softplus: unary('Softplus'),
  Softsign: unary('Softsign'),
  Sigmoid: unary('Sigmoid'),
  Tanh: unary('Tanh'),
  HardSigmoid: unary('HardSigmoid', 6, withParameters('alpha', 'beta')),
  HardSwish: unary('HardSwish', 14),
  Mish: unary('Mish', 18),
  Erf: unary('Erf', 9),
  Shrink: unary('Shrink', 9, () => ({ lambd: { float: 0.5 } })),
  Swish: unary('Swish', 24),
  Gelu: unary('Gelu', 20, () => ({ approximate: 'tanh' })),
  Clip: rule((b, c) => {
    const x = b.float(c)
    const low = c.oneOf(undefined, -1, 0, -0.5, -Infinity)
    const high = c.oneOf(undefined, 1, 6, 0.5, Infinity)
    const bound = (value: number | undefined) =>
      value === undefined ? '' : b.constant(c, { type: 'float', shape: [], values: [value] })
    if (b.opset >= 11) return void b.add('Clip', [x, bound(low), bound(high)], x)
    const attrs = {
      ...(low === undefined ? {} : { min: { float: low } }),
      ...(high === undefined ? {} : { max: { float: high } }),
    }
    b.add('Clip', [x], x, attrs)
  }),
  Add: binary('Add', same, numbers, 6, 6),
  Sub: binary('Sub', same, numbers),
  Mul: binary('Mul', same, numbers, 6, 6),
  Div: binary('Div', same, ['float']),
  Pow: rule(
    (b, c) => {
      const x = b.float(c)
      b.add('Pow', [x, b.constant(c, { type: 'float', shape: [], values: [c.oneOf(2, 1, 0.5, 3, 0, -1)] })], x)
    },
    7,
    1,
  ),
  Sum: variadic('Sum', ['float']),
  Mean: variadic('Mean', ['float']),
  Max: variadic('Max', numbers),
  Min: variadic('Min', numbers),
  Neg: rule((b, c) => {
    const x = operandOf(b, c, types(c, ...numbers))
    b.add('Neg', [x], x)
  }),
  Abs: rule((b, c) => {
    const x = operandOf(b, c, types(c, ...numbers))
    b.add('Abs', [x], x)
  }),
  Sqrt: ofMagnitude('Sqrt'),
  Exp: unary('Exp'),
  Log: ofMagnitude('Log'),
  Reciprocal: unary('Reciprocal'),
  Floor: unary('Floor'),
  Ceil: unary('Ceil'),
  Round: unary('Round', 11),
  Sign: sign,
} satisfies Rules

/** A truth value, made by a comparison if there is none. */
export function condition(b: Builder, c: Choices): Value {
  const found = b.values.filter(({ type }) => type === 'bool').reverse()
  if (found.length > 0) return found[c.near(found.length)]!
  const x = b.float(c)
  require(b.opset >= 9)
  return b.add('Greater', [x, b.constant(c, { type: 'float', shape: [], values: [c.oneOf(1 / 16, 0, 0.5)] })], {
    type: 'bool',
    shape: x.shape,
  })
}
