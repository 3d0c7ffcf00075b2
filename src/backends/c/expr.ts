import { type Expr, type Fn, typeOf } from '../../ir/expr.ts'
import type { DType } from '../../ir/tensor.ts'
import type { Store } from '../../plan/kernels.ts'
import { isNeverNaN } from '../../plan/never-nan.ts'
import type { GeneratedFunction, Module } from '../module.ts'
import {
  ATOM,
  COMPARISON,
  called,
  infix,
  LOOSE,
  loose,
  PRODUCT,
  prefix,
  SUM,
  type Text,
  UNARY,
  within,
} from '../print/infix.ts'
import { cFloat } from '../print/literals.ts'
import {
  absI32,
  addI32,
  intF32,
  maxF32,
  maxI32,
  minF32,
  minI32,
  mulI32,
  negI32,
  notAboveF32,
  notBelowF32,
  signF32,
  subI32,
} from './functions/plain.ts'

type Use = Module['use']

/** What decides between two texts of one function. */
interface Situation {
  /** Of the result. */
  readonly type: DType
  /** Whether i32 arithmetic may overflow. */
  readonly wraps: boolean
  /** Whether the last argument is a number whatever happens. */
  readonly isNumber: boolean
  readonly use: Use
}

type Print = (args: readonly Text[], situation: Situation) => Text

/** A limit that is never NaN takes one instruction, without a look whether it is. */
const extreme =
  (ofFloats: GeneratedFunction, limited: GeneratedFunction, ofIntegers: GeneratedFunction): Print =>
  (args, { type, isNumber, use }) =>
    called(use(type !== 'f32' ? ofIntegers : isNumber ? limited : ofFloats))(args)

/** Signed arithmetic that overflows has no meaning in C: where it may, a function computes it without a sign. */
const wrapping =
  (fn: GeneratedFunction, plain: (args: readonly Text[]) => Text): Print =>
  (args, { type, wraps, use }) =>
    wraps && type === 'i32' ? called(use(fn))(args) : plain(args)

/** Every scalar function of the language in C. Exhaustive: a new function does not compile without its text. */
const printers: { readonly [F in Fn]: Print } = {
  add: wrapping(addI32, infix('+', SUM)),
  sub: wrapping(subI32, infix('-', SUM)),
  mul: wrapping(mulI32, infix('*', PRODUCT)),
  div: infix('/', PRODUCT),
  max: extreme(maxF32, notBelowF32, maxI32),
  min: extreme(minF32, notAboveF32, minI32),
  pow: called('powf'),
  neg: wrapping(negI32, prefix('-')),
  abs: (args, { type, use }) => called(type === 'f32' ? 'fabsf' : use(absI32))(args),
  sqrt: called('sqrtf'),
  exp: called('expf'),
  log: called('logf'),
  tanh: called('tanhf'),
  floor: called('floorf'),
  ceil: called('ceilf'),
  round: called('rintf'),
  sign: (args, { use }) => called(use(signF32))(args),
  ge: infix('>=', COMPARISON),
  gt: infix('>', COMPARISON),
  eq: infix('==', COMPARISON),
  // Compilers warn of `!a & b` and `!a == b`: which of the two is denied?
  not: ([a]) => ({ text: `!${within(a!, ATOM)}`, binds: LOOSE }),
  and: loose('&'),
  or: loose('|'),
  xor: loose('^'),
  select: ([condition, a, b]) => ({
    text: `${within(condition!, UNARY)} ? ${within(a!, UNARY)} : ${within(b!, UNARY)}`,
    binds: LOOSE,
  }),
  float: prefix('(float)'),
  int: prefix('(int32_t)'),
}

/** A store's expression in C. `names` are the texts of its arguments, each safe inside any operator. */
export const printExpr = (store: Store, names: readonly string[], use: Use): string =>
  print(store.expr, store, typesOf(store), names, use).text

const typesOf = ({ accumulator, operands }: Store): readonly DType[] => [
  ...(accumulator ? [accumulator] : []),
  ...operands.map(({ dtype }) => dtype),
]

function print(expr: Expr, store: Store, types: readonly DType[], names: readonly string[], use: Use): Text {
  if (expr.fn === 'arg') return { text: names[expr.index]!, binds: ATOM }
  if (expr.fn === 'number')
    return { text: cFloat(expr.value), binds: expr.value < 0 || Object.is(expr.value, -0) ? UNARY : ATOM }
  const args = expr.args.map(part => print(part, store, types, names, use))
  if (expr.fn === 'float' && typeOf(expr.args[0]!, types) === 'bit')
    return { text: `${within(args[0]!, UNARY)} ? 1.0f : -1.0f`, binds: LOOSE }
  if (expr.fn === 'int' && typeOf(expr.args[0]!, types) === 'f32') return called(use(intF32))(args)
  return printers[expr.fn](args, {
    type: typeOf(expr, types),
    wraps: store.wraps,
    isNumber: isNeverNaN(expr.args.at(-1)!, store),
    use,
  })
}
