import { type Expr, type Fn, typeOf } from '../../ir/expr.ts'
import type { DType } from '../../ir/tensor.ts'
import { ATOM, called, infix, loose, PRODUCT, prefix, SUM, type Text, UNARY } from '../infix.ts'
import { decimalF32 } from '../literals.ts'

type Print = (args: readonly Text[]) => Text

/** Every scalar function of the language in WGSL, bits being bool. Exhaustive: a new function needs its text. */
const printers: { readonly [F in Fn]: Print } = {
  add: infix('+', SUM),
  sub: infix('-', SUM),
  mul: infix('*', PRODUCT),
  div: infix('/', PRODUCT),
  max: called('max'),
  min: called('min'),
  // The built-in one knows no negative base.
  pow: called('pow_f32'),
  neg: prefix('-'),
  abs: called('abs'),
  sqrt: called('sqrt'),
  exp: called('exp'),
  log: called('log'),
  // The built-in one may overflow for large arguments.
  tanh: called('tanh_f32'),
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
  float: called('f32'),
  int: called('i32'),
}

/**
 * An expression in WGSL. `names` are the texts of its arguments, each safe inside any operator. With `four`, all of
 * them are vectors of four values, and so is the result.
 */
export const printExpr = (expr: Expr, types: readonly DType[], names: readonly string[], four = false): string =>
  print(expr, types, names, four).text

/** Functions whose text differs between one value and four. */
const VECTOR_NAMES: Partial<Record<Fn, string>> = { pow: 'pow_4', tanh: 'tanh_4', float: 'vec4f', int: 'vec4i' }

function print(expr: Expr, types: readonly DType[], names: readonly string[], four: boolean): Text {
  const literal = (text: string) => atom(four ? `vec4f(${text})` : text)
  if (expr.fn === 'arg') return atom(names[expr.index]!)
  if (expr.fn === 'number') return literal(printFloat(expr.value))
  const args = expr.args.map(part => print(part, types, names, four))
  if (expr.fn === 'float' && typeOf(expr.args[0]!, types) === 'bit')
    return called('select')([literal('-1.0'), literal('1.0'), args[0]!])
  const vectorName = four ? VECTOR_NAMES[expr.fn] : undefined
  return vectorName ? called(vectorName)(args) : printers[expr.fn](args)
}

const atom = (text: string): Text => ({ text, binds: text.startsWith('-') ? UNARY : ATOM })

const LARGEST_F32 = 2 ** 128 - 2 ** 104

/** WGSL has no literal for infinity or NaN, and refuses a constant expression that is one. */
export function printFloat(value: number): string {
  if (value === Infinity) return 'infinity()'
  if (value === -Infinity) return '-infinity()'
  if (Number.isNaN(value)) return 'not_a_number()'
  // Its shortest decimal is a little more than it, which WGSL refuses.
  if (Math.abs(value) === LARGEST_F32) return `${value < 0 ? '-' : ''}0x1.fffffep+127f`
  const text = decimalF32(value)
  // Without a type, `1 / 3` of two literals would be computed in f64.
  return `${text}f`
}

/** The smallest i32 cannot be written as minus a number that is no i32. */
export const printInt = (value: number): string => (value === -2147483648 ? 'i32(-2147483648)' : `${value}i`)
