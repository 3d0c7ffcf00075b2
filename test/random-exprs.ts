import fc from 'fast-check'
import { arg, call, type Expr, type Fn, number } from '../src/ir/expr.ts'
import type { DType } from '../src/ir/tensor.ts'

/** Two arguments of every type that arithmetic knows. */
export const argTypes: readonly DType[] = ['f32', 'f32', 'i32', 'i32', 'u8', 'u8', 'bit', 'bit']

const of = (fn: Fn, ...args: readonly fc.Arbitrary<Expr>[]): fc.Arbitrary<Expr> =>
  fc.tuple(...args).map(parts => call(fn, ...parts))
const oneOf = (fns: readonly Fn[], ...args: readonly fc.Arbitrary<Expr>[]) =>
  fc.oneof(...fns.map(fn => of(fn, ...args)))
const either = (...indices: readonly number[]) => fc.constantFrom(...indices.map(arg))
const literal = fc.constantFrom(-2, -1, -0.5, 0, 0.25, 0.5, 1, 2).map(number)

/**
 * Well-typed expressions over such arguments whose values are exact on small dyadic numbers: arithmetic, signs in the
 * ways of exporters, and everything that only looks like one.
 */
export const exprs = fc.letrec<{ f32: Expr; i32: Expr; bit: Expr; sign: Expr }>(tie => ({
  f32: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    either(0, 1),
    literal,
    tie('sign'),
    oneOf(['add', 'sub', 'max', 'min'], tie('f32'), tie('f32')),
    oneOf(['neg', 'abs', 'floor', 'sign', 'round'], tie('f32')),
    of('mul', tie('f32'), literal),
    of('float', fc.oneof(tie('i32'), tie('bit'), either(4, 5))),
    of('select', tie('bit'), tie('f32'), tie('f32')),
  ),
  i32: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    either(2, 3),
    oneOf(['add', 'sub', 'mul', 'max', 'min'], tie('i32'), tie('i32')),
    oneOf(['neg', 'abs'], tie('i32')),
  ),
  bit: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    either(6, 7),
    oneOf(['ge', 'gt', 'eq'], tie('f32'), tie('f32')),
    of('ge', tie('i32'), tie('i32')),
    of('gt', fc.oneof(of('min', tie('f32'), literal), of('max', tie('f32'), literal)), literal),
    of('not', tie('bit')),
    oneOf(['and', 'or', 'xor'], tie('bit'), tie('bit')),
  ),
  sign: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    of('sign', of('float', fc.oneof(tie('i32'), tie('bit'), either(4, 5)))),
    of('sign', of('add', of('sign', tie('f32')), literal)),
    of('select', tie('bit'), literal, literal),
    of('sub', of('mul', of('select', tie('bit'), literal, literal), literal), literal),
    // (x - y) + y
    fc
      .tuple(fc.oneof(tie('sign'), of('float', fc.oneof(tie('i32'), either(4, 5))), literal), tie('f32'))
      .map(([x, y]) => call('add', call('sub', x, y), y)),
  ),
}))

/** Small dyadic values for the arguments; bits as they are stored. */
export const argValues = fc.tuple(
  ...argTypes.map(type =>
    type === 'f32'
      ? fc.integer({ min: -16, max: 16 }).map(value => value / 4)
      : fc.integer({ min: type === 'i32' ? -9 : 0, max: type === 'bit' ? 1 : 9 }),
  ),
)
