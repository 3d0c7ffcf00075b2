import { type Expr, type Fn, typeOf } from '../../ir/expr.ts'
import type { DType } from '../../ir/tensor.ts'
import type { GeneratedFunction, Module } from '../module.ts'
import { ATOM, called, infix, loose, PRODUCT, prefix, SUM, type Text, UNARY } from '../print/infix.ts'
import { decimalF32 } from '../print/literals.ts'
import { infinity, notANumber, pow4, powF32, tanh4, tanhF32 } from './functions.ts'

type Use = Module['use']
type Print = (args: readonly Text[], four: boolean, use: Use) => Text

/** A function of the module, for one value or for four. */
const own =
  (one: GeneratedFunction, vector: GeneratedFunction): Print =>
  (args, four, use) =>
    called(use(four ? vector : one))(args)

/** Every scalar function of the language in WGSL, bits being bool. Exhaustive: a new function needs its text. */
const printers: { readonly [F in Fn]: Print } = {
  add: infix('+', SUM),
  sub: infix('-', SUM),
  mul: infix('*', PRODUCT),
  div: infix('/', PRODUCT),
  max: called('max'),
  min: called('min'),
  // The built-in one knows no negative base.
  pow: own(powF32, pow4),
  neg: prefix('-'),
  abs: called('abs'),
  sqrt: called('sqrt'),
  exp: called('exp'),
  log: called('log'),
  // The built-in one may overflow for large arguments.
  tanh: own(tanhF32, tanh4),
  floor: called('floor'),
  ceil: called('ceil'),
  round: called('round'),
  sign: called('sign'),
  ge: loose('>='),
  gt: loose('>'),
  eq: loose('=='),
  not: prefix('!'),
  and: loose('&'),
  or: loose('|'),
  xor: loose('!='),
  select: ([condition, a, b]) => called('select')([b!, a!, condition!]),
  float: (args, four) => called(four ? 'vec4f' : 'f32')(args),
  int: (args, four) => called(four ? 'vec4i' : 'i32')(args),
}

/**
 * An expression in WGSL. `names` are the texts of its arguments, each safe inside any operator. With `four`, all of
 * them are vectors of four values, and so is the result.
 */
export const printExpr = (
  expr: Expr,
  types: readonly DType[],
  names: readonly string[],
  use: Use,
  four = false,
): string => print(expr, types, names, four, use).text

function print(expr: Expr, types: readonly DType[], names: readonly string[], four: boolean, use: Use): Text {
  const literal = (text: string) => atom(four ? `vec4f(${text})` : text)
  if (expr.fn === 'arg') return atom(names[expr.index]!)
  if (expr.fn === 'number') return literal(printFloat(expr.value, use))
  const args = expr.args.map(part => print(part, types, names, four, use))
  if (expr.fn === 'float' && typeOf(expr.args[0]!, types) === 'bit')
    return called('select')([literal('-1.0'), literal('1.0'), args[0]!])
  return printers[expr.fn](args, four, use)
}

const atom = (text: string): Text => ({ text, binds: text.startsWith('-') ? UNARY : ATOM })

const LARGEST_F32 = 2 ** 128 - 2 ** 104

/** WGSL has no literal for infinity or NaN, and refuses a constant expression that is one. */
export function printFloat(value: number, use: Use): string {
  if (value === Infinity) return `${use(infinity)}()`
  if (value === -Infinity) return `-${use(infinity)}()`
  if (Number.isNaN(value)) return `${use(notANumber)}()`
  // Its shortest decimal is a little more than it, which WGSL refuses.
  if (Math.abs(value) === LARGEST_F32) return `${value < 0 ? '-' : ''}0x1.fffffep+127f`
  const text = decimalF32(value)
  // Without a type, `1 / 3` of two literals would be computed in f64.
  return `${text}f`
}

/** The smallest i32 cannot be written as minus a number that is no i32. */
export const printInt = (value: number): string => (value === -2147483648 ? 'i32(-2147483648)' : `${value}i`)
