import { type Expr, functions, typeOf } from '../../src/ir/expr.ts'
import type { DType } from '../../src/ir/tensor.ts'
import { fits, type Grain, grainOfExpr } from './grain.ts'

/**
 * Where the value of an expression lies, however it is rounded and in whatever order it is computed. Both ends are
 * equal where every order gives the same number, which is then known exactly; NaN ends mean that nothing is known.
 */
export type Interval = readonly [low: number, high: number]

export const ANY: Interval = [Number.NaN, Number.NaN]
export const exactly = (value: number): Interval => [value, value]

/** Four units in the last place: what a few more or fewer roundings change. */
const ROUNDING = 2 ** -22
/** Exponentials and their kin are approximated by each target in its own way. */
const APPROXIMATION = 2 ** -16
/** onnxruntime's powers in LRN are off by as much. */
const POWER = 2 ** -13
/** Beyond this, sums in another order may overflow. */
const LARGEST = 1e36
const SMALLEST_NORMAL = 2 ** -126

const isExact = ([low, high]: Interval): boolean => low === high
const isAny = ([low]: Interval): boolean => Number.isNaN(low)
const magnitude = ([low, high]: Interval): number => Math.max(Math.abs(low), Math.abs(high))

/** The interval, wider by a rounding of numbers of this size; unknown where f32 may overflow. */
export function widened(low: number, high: number, size: number, by = ROUNDING): Interval {
  const slack = size * by + SMALLEST_NORMAL
  const [from, to] = [low - slack, high + slack]
  return from >= -LARGEST && to <= LARGEST ? [from, to] : ANY
}

const corners = (values: readonly number[]): Interval => [Math.min(...values), Math.max(...values)]

const isPowerOfTwo = (value: number): boolean => Number.isInteger(Math.log2(Math.abs(value)))

/** Numbers that a pass may take away from each other where the result happens to be small: as large as some, not all. */
const likely = ({ reach }: Grain): number => Math.min(reach, 64)

/** The sum of two f32 as f64, if that rounds nothing and f32 holds it. */
function exactSum(a: number, b: number): number | undefined {
  const sum = a + b
  const part = sum - a
  const lost = a - (sum - part) + (b - part)
  return lost === 0 && Math.fround(sum) === sum ? sum : undefined
}

function add(a: Interval, b: Interval, grain: Grain): Interval {
  if (fits(grain) && isExact(a) && isExact(b)) {
    const sum = Number.isFinite(a[0]) && Number.isFinite(b[0]) ? exactSum(a[0], b[0]) : a[0] + b[0]
    if (sum !== undefined) return exactly(sum)
  }
  return widened(a[0] + b[0], a[1] + b[1], Math.max(magnitude(a) + magnitude(b), likely(grain)))
}

function multiply(a: Interval, b: Interval, grain: Grain, parts?: readonly Grain[]): Interval {
  if (isExact(a) && isExact(b)) {
    const product = a[0] * b[0]
    const isExactly = Math.fround(product) === product && (product !== 0 || a[0] === 0 || b[0] === 0)
    if (isExactly && fits(grain)) return exactly(product)
  }
  const zero = [a, b].find(each => isExact(each) && each[0] === 0)
  if (zero && !Number.isFinite(magnitude(a) + magnitude(b))) return ANY
  if (zero && (fits(grain) || grain.reach === 0)) return exactly(0)
  const products = [a[0] * b[0], a[0] * b[1], a[1] * b[0], a[1] * b[1]]
  const [low, high] = corners(products)
  const [x, y] = parts ?? [grain, grain]
  const size = Math.max(likely(x!) * magnitude(b), likely(y!) * magnitude(a))
  return widened(low, high, Math.max(...products.map(Math.abs), size))
}

/** Exact only by powers of two: others may be multiplied by the reciprocal. */
function divide(a: Interval, b: Interval, grain: Grain): Interval {
  if (isExact(b) && isPowerOfTwo(b[0])) return multiply(a, exactly(1 / b[0]), grain)
  if (b[0] <= 0 && b[1] >= 0) return ANY
  if (isExact(a) && a[0] === 0) return exactly(0)
  const [low, high] = corners([a[0] / b[0], a[0] / b[1], a[1] / b[0], a[1] / b[1]])
  return widened(low, high, Math.max(Math.abs(low), Math.abs(high)))
}

/** A sum by the number of its terms. */
export const quotient = (sum: Interval, count: number): Interval =>
  sum[0] === sum[1]
    ? divide(sum, exactly(count), { quantum: 1, reach: 1 })
    : divide(sum, exactly(count), { quantum: 0, reach: 0 })

function power(a: Interval, b: Interval, grain: Grain): Interval {
  if (isExact(b) && (b[0] === 1 || b[0] === 2)) return b[0] === 1 ? a : multiply(a, a, grain)
  if (a[0] <= 0) return ANY
  const [low, high] = corners([a[0] ** b[0], a[0] ** b[1], a[1] ** b[0], a[1] ** b[1]])
  return widened(low, high, Math.max(Math.abs(low), Math.abs(high)), POWER)
}

/** A rising function that targets approximate, but for one value that all give exactly. */
const approximated =
  (f: (value: number) => number, known: number) =>
  (a: Interval): Interval =>
    isExact(a) && a[0] === known
      ? exactly(f(known))
      : widened(f(a[0]), f(a[1]), Math.max(Math.abs(f(a[0])), Math.abs(f(a[1])), 2 ** -6), APPROXIMATION)

const rising =
  (f: (value: number) => number) =>
  ([low, high]: Interval): Interval => [f(low), f(high)]

function squareRoot(a: Interval): Interval {
  if (a[0] < 0) return ANY
  const root = Math.sqrt(a[0])
  return isExact(a) && Math.fround(root) === root && root * root === a[0]
    ? exactly(root)
    : widened(root, Math.sqrt(a[1]), Math.sqrt(a[1]))
}

function absolute(a: Interval): Interval {
  const [low, high] = corners(a.map(Math.abs))
  return a[0] < 0 && a[1] > 0 ? [0, high] : [low, high]
}

const UNSURE: Interval = [0, 1]
const decided = (yes: boolean, no: boolean): Interval => (yes ? exactly(1) : no ? exactly(0) : UNSURE)

type Bounds = (args: readonly Interval[]) => Interval

/** Where the expression lies for arguments of these grains that lie somewhere. */
export function bounds(expr: Expr, types: readonly DType[], grains: readonly Grain[]): Bounds {
  if (expr.fn === 'number') return () => exactly(expr.value)
  if (expr.fn === 'arg') return args => args[expr.index]!
  const parts = expr.args.map(part => bounds(part, types, grains))
  const type = typeOf(expr, types)
  const [first, second, third] = parts as [Bounds, Bounds, Bounds]
  const whole = expr.args.every(part => typeOf(part, types) === 'i32') && type === 'i32'
  if (whole) return integer(expr, parts)
  const { fn } = expr
  if (fn === 'select')
    return args => {
      const condition = first(args)
      if (isExact(condition)) return condition[0] ? second(args) : third(args)
      const [a, b] = [second(args), third(args)]
      return isAny(a) || isAny(b) ? ANY : [Math.min(a[0], b[0]), Math.max(a[1], b[1])]
    }
  if (fn === 'float' && typeOf(expr.args[0]!, types) === 'bit')
    return args => rising(bit => (bit ? 1 : -1))(first(args))
  const apply = isSigmoid(expr) ? logistic : intervals[fn]
  const grain = grainOfExpr(expr, grains)
  const own = expr.args.map(part => grainOfExpr(part, grains))
  return args => {
    const values = parts.map(part => part(args))
    const unknown = values.some(isAny)
    if (unknown) return type === 'bit' ? UNSURE : ANY
    const found = apply(values[0]!, values[1]!, grain, own)
    return Number.isNaN(found[0]) || Number.isNaN(found[1]) ? ANY : found
  }
}

/** 1 / (1 + exp(…)), which onnxruntime approximates by a polynomial: as good as others near 1, but not near 0. */
const isSigmoid = ({ fn, args: [one, sum] }: Expr & { readonly args: readonly Expr[] }): boolean =>
  fn === 'div' && one?.fn === 'number' && sum?.fn === 'add' && sum.args[1]?.fn === 'exp'

function logistic(a: Interval, b: Interval, grain: Grain): Interval {
  const [low, high] = divide(a, b, grain)
  return widened(low, high, 1, APPROXIMATION)
}

/** 32-bit integers wrap; they are exact, or a condition before them is not decided. */
function integer(expr: Expr & { fn: keyof typeof functions }, parts: readonly Bounds[]): Bounds {
  const { evaluate } = functions[expr.fn] as { evaluate: (a: number, b: number, c: number) => number }
  return args => {
    const values = parts.map(part => part(args))
    if (!values.every(isExact)) return [-(2 ** 31), 2 ** 31 - 1]
    const [a, b] = values.map(([low]) => low) as [number, number]
    return exactly(expr.fn === 'mul' ? Math.imul(a, b) : evaluate(a, b, 0) | 0)
  }
}

const roundHalfEven = functions.round.evaluate as (value: number) => number

const intervals: Readonly<
  Record<
    Exclude<keyof typeof functions, 'select'>,
    (a: Interval, b: Interval, grain: Grain, parts: readonly Grain[]) => Interval
  >
> = {
  add,
  sub: (a, b, grain) => add(a, [-b[1], -b[0]], grain),
  mul: multiply,
  div: divide,
  max: (a, b) => [Math.max(a[0], b[0]), Math.max(a[1], b[1])],
  min: (a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1])],
  pow: power,
  neg: a => [-a[1], -a[0]],
  abs: absolute,
  sqrt: squareRoot,
  exp: approximated(Math.exp, 0),
  log: a => (a[0] <= 0 ? ANY : approximated(Math.log, 1)(a)),
  tanh: approximated(Math.tanh, 0),
  floor: rising(Math.floor),
  ceil: rising(Math.ceil),
  round: rising(roundHalfEven),
  sign: rising(Math.sign),
  ge: (a, b) => decided(a[0] >= b[1], a[1] < b[0]),
  gt: (a, b) => decided(a[0] > b[1], a[1] <= b[0]),
  eq: (a, b) => decided(isExact(a) && isExact(b) && a[0] === b[0], a[1] < b[0] || b[1] < a[0]),
  not: a => [1 - a[1], 1 - a[0]],
  // Which bit a NaN becomes is not defined, not even where the other side decides: thresholds turn conditions round.
  and: (a, b) => (isExact(a) && isExact(b) ? exactly(a[0] & b[0]) : UNSURE),
  or: (a, b) => (isExact(a) && isExact(b) ? exactly(a[0] | b[0]) : UNSURE),
  xor: (a, b) => (isExact(a) && isExact(b) ? exactly(a[0] ^ b[0]) : UNSURE),
  float: a => a,
  int: rising(value => Math.min(Math.max(Math.trunc(value), -(2 ** 31)), 2 ** 31 - 1)),
}
