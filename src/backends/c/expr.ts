import { type Expr, type Fn, typeOf } from '../../ir/expr.ts'
import type { DType } from '../../ir/tensor.ts'
import { cFloat } from '../literals.ts'

/** Binding strength of C's operators; what binds less than its surroundings gets parentheses. */
const ATOM = 9
const UNARY = 8
const PRODUCT = 7
const SUM = 6
const COMPARISON = 4
/** Compilers warn about &, ^, | and ?: among other operators, so their operands always get parentheses. */
const LOOSE = 1

interface Text {
  readonly text: string
  readonly binds: number
}

type Print = (args: readonly Text[], type: DType) => Text

const within = ({ text, binds }: Text, strength: number): string => (binds < strength ? `(${text})` : text)

const infix =
  (operator: string, binds: number): Print =>
  ([a, b]) => ({ text: `${within(a!, binds)} ${operator} ${within(b!, binds + 1)}`, binds })

const loose =
  (operator: string): Print =>
  ([a, b]) => ({ text: `${within(a!, UNARY)} ${operator} ${within(b!, UNARY)}`, binds: LOOSE })

const called =
  (name: string): Print =>
  args => ({ text: `${name}(${args.map(({ text }) => text).join(', ')})`, binds: ATOM })

const typed =
  (name: string): Print =>
  (args, type) =>
    called(`${name}_${type}`)(args, type)

/** Every scalar function of the language in C. Exhaustive: a new function does not compile without its text. */
const printers: { readonly [F in Fn]: Print } = {
  add: infix('+', SUM),
  sub: infix('-', SUM),
  mul: infix('*', PRODUCT),
  div: infix('/', PRODUCT),
  max: typed('max'),
  min: typed('min'),
  pow: called('powf'),
  neg: ([a]) => ({ text: `-${within(a!, ATOM)}`, binds: UNARY }),
  abs: (args, type) => called(type === 'f32' ? 'fabsf' : 'abs_i32')(args, type),
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
  not: ([a]) => ({ text: `!${within(a!, ATOM)}`, binds: UNARY }),
  and: loose('&'),
  or: loose('|'),
  xor: loose('^'),
  select: ([condition, a, b]) => ({
    text: `${within(condition!, UNARY)} ? ${within(a!, UNARY)} : ${within(b!, UNARY)}`,
    binds: LOOSE,
  }),
  float: ([a]) => ({ text: `(float)${within(a!, ATOM)}`, binds: UNARY }),
}

/** An expression in C. `names` are the texts of its arguments, each safe inside any operator. */
export const printExpr = (expr: Expr, types: readonly DType[], names: readonly string[]): string =>
  print(expr, types, names).text

function print(expr: Expr, types: readonly DType[], names: readonly string[]): Text {
  if (expr.fn === 'arg') return { text: names[expr.index]!, binds: ATOM }
  if (expr.fn === 'number')
    return { text: cFloat(expr.value), binds: expr.value < 0 || Object.is(expr.value, -0) ? UNARY : ATOM }
  const args = expr.args.map(part => print(part, types, names))
  if (expr.fn === 'float' && typeOf(expr.args[0]!, types) === 'bit')
    return { text: `${within(args[0]!, UNARY)} ? 1.0f : -1.0f`, binds: LOOSE }
  return printers[expr.fn](args, typeOf(expr, types))
}
