import { type Expr, type Fn, typeOf } from '../../ir/expr.ts'
import type { DType } from '../../ir/tensor.ts'
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
} from '../infix.ts'
import type { Store } from '../kernels.ts'
import { cFloat } from '../literals.ts'
import { isNeverNaN } from '../never-nan.ts'

/** What decides between two texts of one function. */
interface Situation {
  /** Of the result. */
  readonly type: DType
  /** Whether i32 arithmetic may overflow. */
  readonly wraps: boolean
  /** Whether the last argument is a number whatever happens. */
  readonly isNumber: boolean
}

type Print = (args: readonly Text[], situation: Situation) => Text

/** A limit that is never NaN takes one instruction, without a look whether it is. */
const extreme =
  (name: string, limited: string): Print =>
  (args, { type, isNumber }) =>
    called(`${type === 'f32' && isNumber ? limited : name}_${type}`)(args)

/** Signed arithmetic that overflows has no meaning in C: where it may, a function computes it without a sign. */
const wrapping =
  (name: string, plain: (args: readonly Text[]) => Text): Print =>
  (args, { type, wraps }) =>
    wraps && type === 'i32' ? called(`${name}_i32`)(args) : plain(args)

/** Every scalar function of the language in C. Exhaustive: a new function does not compile without its text. */
const printers: { readonly [F in Fn]: Print } = {
  add: wrapping('add', infix('+', SUM)),
  sub: wrapping('sub', infix('-', SUM)),
  mul: wrapping('mul', infix('*', PRODUCT)),
  div: infix('/', PRODUCT),
  max: extreme('max', 'not_below'),
  min: extreme('min', 'not_above'),
  pow: called('powf'),
  neg: wrapping('neg', prefix('-')),
  abs: (args, { type }) => called(type === 'f32' ? 'fabsf' : 'abs_i32')(args),
  sqrt: called('sqrtf'),
  exp: called('expf'),
  log: called('logf'),
  tanh: called('tanhf'),
  floor: called('floorf'),
  ceil: called('ceilf'),
  round: called('rintf'),
  sign: called('sign_f32'),
  ge: infix('>=', COMPARISON),
  gt: infix('>', COMPARISON),
  eq: infix('==', COMPARISON),
  not: prefix('!'),
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
export const printExpr = (store: Store, names: readonly string[]): string =>
  print(store.expr, store, typesOf(store), names).text

const typesOf = ({ accumulator, operands }: Store): readonly DType[] => [
  ...(accumulator ? [accumulator] : []),
  ...operands.map(({ dtype }) => dtype),
]

function print(expr: Expr, store: Store, types: readonly DType[], names: readonly string[]): Text {
  if (expr.fn === 'arg') return { text: names[expr.index]!, binds: ATOM }
  if (expr.fn === 'number')
    return { text: cFloat(expr.value), binds: expr.value < 0 || Object.is(expr.value, -0) ? UNARY : ATOM }
  const args = expr.args.map(part => print(part, store, types, names))
  if (expr.fn === 'float' && typeOf(expr.args[0]!, types) === 'bit')
    return { text: `${within(args[0]!, UNARY)} ? 1.0f : -1.0f`, binds: LOOSE }
  if (expr.fn === 'int' && typeOf(expr.args[0]!, types) === 'f32') return called('int_f32')(args)
  return printers[expr.fn](args, {
    type: typeOf(expr, types),
    wraps: store.wraps,
    isNumber: isNeverNaN(expr.args.at(-1)!, store),
  })
}
