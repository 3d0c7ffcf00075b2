import { type Expr, type Fn, functions, showExpr, stepOf, typeOf } from './expr.ts'
import { type Few, fewOf, fewOfParts, reachesZero, valuesOf } from './few-values.ts'
import {
  anything,
  between,
  commonStep,
  exactly,
  hasZero,
  latticeOf,
  limited,
  MOST_POINTS,
  type Range,
  union,
} from './range.ts'
import type { DType } from './tensor.ts'

const f = Math.fround
/** The smallest normal f32: below it, products round to 0. */
const SMALLEST = 2 ** -126

type Call = Extract<Expr, { readonly args: readonly Expr[] }>

/** Range of an expression whose arguments have these ranges; a bit is 0 or 1, as it is stored. */
export const exprRange = (expr: Expr, args: readonly Range[], types: readonly DType[]): Range =>
  study(expr, args, types).range

interface Studied {
  readonly range: Range
  readonly type: DType
  readonly few: Few | undefined
}

function study(expr: Expr, args: readonly Range[], types: readonly DType[]): Studied {
  if (expr.fn === 'number' || expr.fn === 'arg') {
    const range = expr.fn === 'number' ? exactly(expr.value) : (args[expr.index] ?? anything)
    return { range, type: typeOf(expr, types), few: fewOf(range, () => showExpr(expr)) }
  }
  const parts = expr.args.map(part => study(part, args, types))
  const partTypes = parts.map(({ type }) => type)
  const { type } = stepOf(expr.fn, partTypes)
  const found = rangeOfCall(expr, parts)
  const few =
    fewOfParts(
      expr.fn,
      partTypes,
      parts.map(part => part.few),
    ) ?? fewOf(found, () => showExpr(expr))
  return { range: few && found.rest === 'floats' ? refined(found, few) : found, type, few }
}

/** What is lost where lattices do not meet: all values if they are few enough for points, or else a zero among them. */
function refined(found: Range, few: Few): Range {
  const values = valuesOf(few, MOST_POINTS)
  if (values?.every(Number.isFinite)) return exactly(...values)
  const mayBeZero = found.low <= 0 && found.high >= 0 && !hasZero(found) && reachesZero(few)
  return mayBeZero ? { ...found, points: [...found.points, 0] } : found
}

function rangeOfCall(expr: Call, parts: readonly Studied[]): Range {
  const [a, b, c] = parts.map(({ range }) => range) as [Range, Range, Range]
  switch (expr.fn) {
    case 'float':
      return parts[0]!.type === 'bit' ? pointwise(a, bit => 2 * bit - 1, 'none') : a
    case 'int':
      return pointwise(a, unary('int'), a.rest === 'none' ? 'none' : { base: 0, step: 1 })
    case 'neg':
      return negated(a)
    case 'add':
      return sum(a, b)
    case 'sub':
      return isSame(expr) ? exactly(0) : sum(a, negated(b))
    case 'mul':
      return isSame(expr) ? magnitude(product(a, b)) : product(a, b)
    case 'div':
      return quotient(a, b)
    case 'max':
      return larger(a, b)
    case 'min':
      return negated(larger(negated(a), negated(b)))
    case 'abs':
      return magnitude(a)
    case 'select':
      return union(b, c)
    case 'sign':
      return signs(a)
    case 'floor':
    case 'ceil':
    case 'round':
      return pointwise(a, unary(expr.fn), a.rest === 'none' ? 'none' : { base: 0, step: 1 })
    case 'exp':
    case 'tanh':
      return pointwise(a, unary(expr.fn), a.rest === 'none' ? 'none' : 'floats')
    case 'sqrt':
      return a.low >= 0 ? pointwise(a, Math.sqrt, a.rest === 'none' ? 'none' : 'floats') : anything
    case 'pow':
      return a.low >= 0 ? between(0, Infinity) : anything
    case 'log':
      return anything
    case 'ge':
    case 'gt':
    case 'eq':
    case 'not':
    case 'and':
    case 'or':
    case 'xor':
      return condition(expr.fn, a, b)
  }
}

/** Whether both arguments are one and the same. */
const isSame = ({ args: [a, b] }: Call): boolean => showExpr(a!) === showExpr(b!)

const unary = (fn: Fn) => (value: number) => functions[fn].evaluate(value, 0, 0)

/** A rising function of every value. */
function pointwise(a: Range, rising: (value: number) => number, rest: Range['rest']): Range {
  return limited(
    f(rising(a.low)),
    f(rising(a.high)),
    a.points.map(point => f(rising(point))),
    rest,
  )
}

function negated({ low, high, points, rest }: Range): Range {
  const turned = typeof rest === 'string' ? rest : { base: -rest.base, step: rest.step }
  return { low: -high, high: -low, points: points.map(point => -point), rest: turned }
}

/** Every point of one with every point of the other. */
const pairs = (a: Range, b: Range, step: (x: number, y: number) => number): number[] =>
  a.points.flatMap(x => b.points.map(y => f(step(x, y))))

const isConstant = ({ points, rest }: Range): boolean => rest === 'none' && points.length === 1

function sum(a: Range, b: Range): Range {
  const [low, high] = [f(a.low + b.low), f(a.high + b.high)]
  const points = pairs(a, b, (x, y) => x + y)
  if (a.rest === 'none' && b.rest === 'none') return limited(low, high, points, 'none')
  const [constant, other] = isConstant(a) ? [a, b] : [b, a]
  if (isConstant(constant) && typeof other.rest !== 'string') {
    const { base, step } = other.rest
    return limited(low, high, points, { base: base + constant.points[0]!, step })
  }
  const [left, right] = [latticeOf(a), latticeOf(b)]
  const step = left && right ? commonStep(left.step, right.step) : undefined
  if (!left || !right || step === undefined) return limited(low, high, points, 'floats')
  return limited(low, high, points, { base: left.base + right.base, step })
}

function product(a: Range, b: Range): Range {
  const times = (x: number, y: number) => (x === 0 || y === 0 ? 0 : f(x * y))
  const ends = [times(a.low, b.low), times(a.low, b.high), times(a.high, b.low), times(a.high, b.high)]
  const zeros = hasZero(a) || hasZero(b) ? [0] : []
  const points = [...pairs(a, b, times), ...zeros]
  const [low, high] = [Math.min(...ends), Math.max(...ends)]
  if (a.rest === 'none' && b.rest === 'none') return limited(low, high, points, 'none')
  const [constant, other] = isConstant(a) ? [a, b] : [b, a]
  if (!isConstant(constant)) return limited(low, high, points, 'floats')
  const factor = constant.points[0]!
  if (factor === 0) return exactly(0)
  // A zero on the lattice stays one; it need not be a point.
  const own = pairs(a, b, times)
  if (typeof other.rest === 'string') return limited(low, high, own, other.rest)
  const step = Math.abs(other.rest.step * factor)
  return limited(low, high, own, step < SMALLEST ? 'floats' : { base: other.rest.base * factor, step })
}

function quotient(a: Range, b: Range): Range {
  const divisor = b.points[0]
  if (isConstant(b) && divisor) {
    const scaled = product(a, exactly(1 / divisor))
    return limited(
      scaled.low,
      scaled.high,
      a.points.map(x => f(x / divisor)),
      scaled.rest,
    )
  }
  const zeros = hasZero(a) ? [0] : []
  return { ...(a.low >= 0 && b.low >= 0 ? between(0, Infinity) : anything), points: zeros }
}

function larger(a: Range, b: Range): Range {
  const [low, high] = [Math.max(a.low, b.low), Math.max(a.high, b.high)]
  const points = [...a.points.filter(x => x >= b.low), ...b.points.filter(y => y >= a.low)]
  // Where one side is clamped away entirely, only the other is left.
  if (a.low >= b.high) return a
  if (b.low >= a.high) return b
  return limited(low, high, points, union({ ...a, points: [] }, { ...b, points: [] }).rest)
}

function magnitude(a: Range): Range {
  const low = a.low <= 0 && a.high >= 0 ? 0 : Math.min(Math.abs(a.low), Math.abs(a.high))
  const rest = typeof a.rest !== 'string' && a.rest.base !== 0 && a.low < 0 ? 'floats' : a.rest
  const zeros = hasZero(a) ? [0] : []
  return limited(low, Math.max(Math.abs(a.low), Math.abs(a.high)), [...a.points.map(Math.abs), ...zeros], rest)
}

function signs(a: Range): Range {
  const found = [...(a.low < 0 ? [-1] : []), ...(hasZero(a) ? [0] : []), ...(a.high > 0 ? [1] : [])]
  return exactly(...(found.length > 0 ? found : [0]))
}

function condition(fn: Fn, a: Range, b: Range): Range {
  if ((fn === 'ge' && a.low >= b.high) || (fn === 'gt' && a.low > b.high)) return exactly(1)
  if ((fn === 'ge' && a.high < b.low) || (fn === 'gt' && a.high <= b.low)) return exactly(0)
  return exactly(0, 1)
}
