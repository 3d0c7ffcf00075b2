import { type DType, toInt32 } from './tensor.ts'

/**
 * A scalar expression: the body of an elementwise `map`, and the epilogue of every reducing op.
 * Types are strict: both sides of an arithmetic function have one type; `float` converts. Literals are f32.
 */
export type Expr =
  | { readonly fn: 'arg'; readonly index: number }
  | { readonly fn: 'number'; readonly value: number }
  | { readonly fn: Fn; readonly args: readonly Expr[] }

type Scalar = DType
interface Signature {
  readonly arity: number
  /** Result type for these argument types; undefined refuses them. */
  readonly type: (...args: Scalar[]) => Scalar | undefined
  /** On JavaScript numbers; bits are 0 and 1. f32 results are rounded by the caller. */
  readonly evaluate: (a: number, b: number, c: number) => number
}

const arithmetic = (a: Scalar, b: Scalar = a) => (a === b && (a === 'f32' || a === 'i32') ? a : undefined)
const float = (a: Scalar, b: Scalar = a) => (a === 'f32' && b === 'f32' ? 'f32' : undefined)
const comparison = (a: Scalar, b: Scalar) => (arithmetic(a, b) ? 'bit' : undefined)
const logic = (a: Scalar, b: Scalar = a) => (a === 'bit' && b === 'bit' ? 'bit' : undefined)

const unary = (type: Signature['type'], evaluate: (a: number) => number): Signature => ({ arity: 1, type, evaluate })
const binary = (type: Signature['type'], evaluate: (a: number, b: number) => number): Signature => ({
  arity: 2,
  type,
  evaluate,
})

/** Every scalar function. Backends print exactly these. */
export const functions = {
  add: binary(arithmetic, (a, b) => a + b),
  sub: binary(arithmetic, (a, b) => a - b),
  mul: binary(arithmetic, (a, b) => a * b),
  div: binary(float, (a, b) => a / b),
  /** NaN where either is; of two zeros the first. */
  max: binary(arithmetic, larger),
  min: binary(arithmetic, smaller),
  /** As IEEE has it: 1 to the power of anything, and anything to the power of 0, is 1. */
  pow: binary(float, power),
  neg: unary(arithmetic, a => -a),
  abs: unary(arithmetic, a => Math.abs(a)),
  sqrt: unary(float, a => Math.sqrt(a)),
  exp: unary(float, a => Math.exp(a)),
  log: unary(float, a => Math.log(a)),
  tanh: unary(float, a => Math.tanh(a)),
  floor: unary(float, a => Math.floor(a)),
  ceil: unary(float, a => Math.ceil(a)),
  /** To the nearest integer, halves to even. */
  round: unary(float, a => roundHalfEven(a)),
  /** ONNX Sign: -1, 0 or +1; a zero keeps its sign, NaN stays NaN. */
  sign: unary(float, a => Math.sign(a)),
  /** a >= b */
  ge: binary(comparison, (a, b) => (a >= b ? 1 : 0)),
  /** a > b */
  gt: binary(comparison, (a, b) => (a > b ? 1 : 0)),
  eq: binary(comparison, (a, b) => (a === b ? 1 : 0)),
  not: unary(logic, a => 1 - a),
  and: binary(logic, (a, b) => a & b),
  or: binary(logic, (a, b) => a | b),
  xor: binary(logic, (a, b) => a ^ b),
  /** condition ? a : b */
  select: {
    arity: 3,
    type: (c: Scalar, a: Scalar, b: Scalar) => (c === 'bit' && a === b ? a : undefined),
    evaluate: (c: number, a: number, b: number) => (c ? a : b),
  },
  /** Integers to f32 by value; a bit to -1 or +1. */
  float: unary(a => (a === 'f32' ? undefined : 'f32'), Number),
  /** To i32 without the fraction, clamped; 0 for NaN. */
  int: unary(a => (a === 'bit' || a === 'i32' ? undefined : 'i32'), toInt32),
} as const satisfies Record<string, Signature>

export type Fn = keyof typeof functions
const signatures: Readonly<Record<Fn, Signature>> = functions

export const arg = (index: number): Expr => ({ fn: 'arg', index })
export const number = (value: number): Expr => ({ fn: 'number', value: Math.fround(value) })
export const call = (fn: Fn, ...args: readonly Expr[]): Expr => ({ fn, args })

export const isArg = (expr: Expr, index: number): boolean => expr.fn === 'arg' && expr.index === index
/** The threshold: whether argument 0 reaches argument 1, which kernels turn into packed bits at once. */
export const REACHED: Expr = call('ge', arg(0), arg(1))
export const isReached = (expr: Expr): boolean => expr.fn === 'ge' && isArg(expr.args[0]!, 0) && isArg(expr.args[1]!, 1)
export const isNumber = (expr: Expr, value: number): boolean => expr.fn === 'number' && Object.is(expr.value, value)

/** Rebuilds an expression bottom-up, asking `change` about every part. */
export function rewriteExpr(expr: Expr, change: (part: Expr) => Expr): Expr {
  if (!('args' in expr)) return change(expr)
  const args = expr.args.map(part => rewriteExpr(part, change))
  return change(args.every((part, i) => part === expr.args[i]) ? expr : { fn: expr.fn, args })
}

/** The expression with every argument replaced; the same object where nothing changes. */
export const substitute = (expr: Expr, replacement: (index: number) => Expr): Expr =>
  rewriteExpr(expr, part => {
    if (part.fn !== 'arg') return part
    const now = replacement(part.index)
    return isArg(now, part.index) ? part : now
  })

/** Indices of the arguments that occur, ascending. */
export function argsOf(expr: Expr): number[] {
  const found = new Set<number>()
  rewriteExpr(expr, part => {
    if (part.fn === 'arg') found.add(part.index)
    return part
  })
  return [...found].sort((a, b) => a - b)
}

/** The numbers that occur. */
export function numbersIn(expr: Expr): number[] {
  const found: number[] = []
  rewriteExpr(expr, part => {
    if (part.fn === 'number') found.push(part.value)
    return part
  })
  return found
}

/** How many functions it calls: the cost of evaluating it once more. */
export const sizeOf = (expr: Expr): number =>
  'args' in expr ? 1 + expr.args.reduce((sum, part) => sum + sizeOf(part), 0) : 0

/** Type of an expression over arguments of these types; throws where a function does not take its arguments. */
export function typeOf(expr: Expr, args: readonly DType[]): DType {
  if (expr.fn === 'number') return 'f32'
  if (expr.fn === 'arg') {
    const type = args[expr.index]
    if (!type) throw new Error(`argument ${expr.index} of ${args.length} in an expression`)
    return type
  }
  return resultType(
    expr.fn,
    expr.args.map(part => typeOf(part, args)),
  )
}

function resultType(fn: Fn, types: readonly DType[]): DType {
  const { arity, type } = signatures[fn]
  const result = types.length === arity ? type(...types) : undefined
  if (!result) throw new Error(`${fn} does not take (${types.join(', ')})`)
  return result
}

export type Evaluator = (args: ArrayLike<number>) => number

/** A closure that evaluates the expression, rounding to f32 after every step. */
export const evaluator = (expr: Expr, types: readonly DType[]): Evaluator => typedEvaluator(expr, types).run

function typedEvaluator(expr: Expr, types: readonly DType[]): { readonly run: Evaluator; readonly type: DType } {
  if (expr.fn === 'number') {
    const { value } = expr
    return { run: () => value, type: 'f32' }
  }
  if (expr.fn === 'arg') {
    const { index } = expr
    return { run: args => args[index]!, type: typeOf(expr, types) }
  }
  const parts = expr.args.map(part => typedEvaluator(part, types))
  const { step, type } = stepOf(
    expr.fn,
    parts.map(part => part.type),
  )
  const [a, b, c] = parts.map(part => part.run) as [Evaluator, Evaluator?, Evaluator?]
  if (c) return { run: args => step(a(args), b!(args), c(args)), type }
  if (b) return { run: args => step(a(args), b(args), 0), type }
  return { run: args => step(a(args), 0, 0), type }
}

export interface Step {
  /** The function on numbers; f32 results are rounded, i32 wrap. */
  readonly step: (a: number, b: number, c: number) => number
  readonly type: DType
}

/** One function on arguments of these types, which it must take. */
export function stepOf(fn: Fn, types: readonly DType[]): Step {
  const { evaluate } = signatures[fn]
  const type = resultType(fn, types)
  if (fn === 'float' && types[0] === 'bit') return { step: a => (a ? 1 : -1), type }
  // The product of two i32 may not fit a double.
  if (fn === 'mul' && type === 'i32') return { step: Math.imul, type }
  if (type === 'f32') return { step: (a, b, c) => Math.fround(evaluate(a, b, c)), type }
  if (type === 'i32') return { step: (a, b, c) => evaluate(a, b, c) | 0, type }
  return { step: evaluate, type }
}

export function larger(a: number, b: number): number {
  return a < b || Number.isNaN(b) ? b : a
}

export function smaller(a: number, b: number): number {
  return a > b || Number.isNaN(b) ? b : a
}

function power(base: number, exponent: number): number {
  const isOne = base === 1 || (base === -1 && Math.abs(exponent) === Infinity)
  return isOne ? 1 : base ** exponent
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  const rounded = rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1
  // A zero keeps the sign.
  return rounded === 0 ? value * 0 : rounded
}

/** `max(add(mul(a, b), c), 0)`: arguments are letters by index, `a` the first, `_26` the 27th. */
export function showExpr(expr: Expr): string {
  if (expr.fn === 'arg') return expr.index < 26 ? String.fromCharCode(97 + expr.index) : `_${expr.index}`
  if (expr.fn === 'number') return Object.is(expr.value, -0) ? '-0' : `${expr.value}`
  return `${expr.fn}(${expr.args.map(showExpr).join(', ')})`
}

/** Reads what `showExpr` wrote. */
export function parseExpr(text: string): Expr {
  const tokens = text.match(/[A-Za-z_]\w*|[-+]?(?:Infinity|[\d.]+(?:e[-+]?\d+)?)|[(),]/g) ?? []
  let at = 0
  const read = (): Expr => {
    const token = tokens[at++]
    if (token === undefined) throw new Error(`unfinished expression: ${text}`)
    if (tokens[at] === '(') {
      if (!Object.hasOwn(functions, token)) throw new Error(`unknown function ${token}: ${text}`)
      const args: Expr[] = []
      do {
        at++
        args.push(read())
      } while (tokens[at] === ',')
      if (tokens[at++] !== ')') throw new Error(`expected ')': ${text}`)
      return { fn: token as Fn, args }
    }
    if (/^[a-z]$/.test(token)) return arg(token.charCodeAt(0) - 97)
    if (/^_\d+$/.test(token)) return arg(Number(token.slice(1)))
    return { fn: 'number', value: Number(token) }
  }
  const expr = read()
  if (at !== tokens.length) throw new Error(`unexpected '${tokens[at]}': ${text}`)
  return expr
}
