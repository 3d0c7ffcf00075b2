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
import { cFloat } from '../literals.ts'

/** `type` is that of the result. */
type Print = (args: readonly Text[], type: DType, wraps: boolean) => Text

const typed =
  (name: string): Print =>
  (args, type) =>
    called(`${name}_${type}`)(args)

/** Signed arithmetic that overflows has no meaning in C: where it may, a function computes it without a sign. */
const wrapping =
  (name: string, plain: (args: readonly Text[]) => Text): Print =>
  (args, type, wraps) =>
    wraps && type === 'i32' ? called(`${name}_i32`)(args) : plain(args)

/** Every scalar function of the language in C. Exhaustive: a new function does not compile without its text. */
const printers: { readonly [F in Fn]: Print } = {
  add: wrapping('add', infix('+', SUM)),
  sub: wrapping('sub', infix('-', SUM)),
  mul: wrapping('mul', infix('*', PRODUCT)),
  div: infix('/', PRODUCT),
  max: typed('max'),
  min: typed('min'),
  pow: called('powf'),
  neg: wrapping('neg', prefix('-')),
  abs: (args, type) => called(type === 'f32' ? 'fabsf' : 'abs_i32')(args),
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
}

/** An expression in C. `names` are the texts of its arguments, each safe inside any operator. */
export const printExpr = (expr: Expr, types: readonly DType[], names: readonly string[], wraps: boolean): string =>
  print(expr, types, names, wraps).text

function print(expr: Expr, types: readonly DType[], names: readonly string[], wraps: boolean): Text {
  if (expr.fn === 'arg') return { text: names[expr.index]!, binds: ATOM }
  if (expr.fn === 'number')
    return { text: cFloat(expr.value), binds: expr.value < 0 || Object.is(expr.value, -0) ? UNARY : ATOM }
  const args = expr.args.map(part => print(part, types, names, wraps))
  if (expr.fn === 'float' && typeOf(expr.args[0]!, types) === 'bit')
    return { text: `${within(args[0]!, UNARY)} ? 1.0f : -1.0f`, binds: LOOSE }
  return printers[expr.fn](args, typeOf(expr, types), wraps)
}
