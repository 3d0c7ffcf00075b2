import { arg, argsOf, type Expr, type Fn, functions, showExpr, stepOf, typeOf } from './expr.ts'
import type { DType } from './tensor.ts'

export type Slope = 'rising' | 'falling' | 'constant' | 'unknown'

/** Both ends count. */
export interface Span {
  readonly low: number
  readonly high: number
}

/**
 * Whether an expression provably rises or falls (weakly) while argument 0 goes through the span and the others have
 * these values. f32 rounding is monotone, so what holds in reals holds after rounding too. No part of such an
 * expression is NaN and no i32 wraps anywhere in the span: infinity minus infinity or times 0 makes a slope unknown.
 */
export const slopeOf = (expr: Expr, values: ArrayLike<number>, types: readonly DType[], span: Span): Slope =>
  courseOf(expr, values, types, span)?.slope ?? 'unknown'

/** The values where argument 0 is at the low and the high end of the span; all others lie between them. */
interface Course {
  readonly slope: Slope
  readonly from: number
  readonly to: number
  readonly type: DType
}

const flip = (slope: Slope): Slope => (slope === 'rising' ? 'falling' : slope === 'falling' ? 'rising' : slope)

/** Slope of something that rises with both. */
function both(a: Slope, b: Slope): Slope {
  if (a === 'constant' || a === b) return b
  return b === 'constant' ? a : 'unknown'
}

function courseOf(expr: Expr, values: ArrayLike<number>, types: readonly DType[], span: Span): Course | undefined {
  if (expr.fn === 'number') return { slope: 'constant', from: expr.value, to: expr.value, type: 'f32' }
  if (expr.fn === 'arg') {
    const type = typeOf(expr, types)
    if (expr.index === 0) return { slope: 'rising', from: span.low, to: span.high, type }
    return { slope: 'constant', from: values[expr.index]!, to: values[expr.index]!, type }
  }
  if (expr.fn === 'select') return courseOfChoice(expr.args, values, types, span)
  const parts: Course[] = []
  for (const part of expr.args) {
    const course = courseOf(part, values, types, span)
    if (!course) return undefined
    parts.push(course)
  }
  const slope = parts.every(part => part.slope === 'constant') ? 'constant' : slopeOfCall(expr.fn, parts)
  const [a, b] = parts as [Course, Course?]
  if (slope === 'unknown' || mayBeNaN(expr.fn, a, b ?? a)) return undefined
  const { step, type } = stepOf(
    expr.fn,
    parts.map(part => part.type),
  )
  const [from, to] = [step(a.from, b?.from ?? 0, 0), step(a.to, b?.to ?? 0, 0)]
  if (Number.isNaN(from) || Number.isNaN(to)) return undefined
  // As 1 / (x * 0): a zero knows two signs.
  if (slope === 'constant' && from !== to) return undefined
  const evaluate: (x: number, y: number, z: number) => number = functions[expr.fn].evaluate
  const wraps = (value: number, x: number, y = 0) => type === 'i32' && value !== evaluate(x, y, 0)
  return wraps(from, a.from, b?.from) || wraps(to, a.to, b?.to) ? undefined : { slope, from, to, type }
}

function slopeOfCall(fn: Fn, [a, b]: readonly Course[]): Slope {
  const [first, second] = [a!.slope, b?.slope ?? 'constant']
  const scaled = (slope: Slope, by: number): Slope => (by > 0 ? slope : by < 0 ? flip(slope) : 'constant')
  switch (fn) {
    case 'add':
    case 'max':
    case 'min':
    case 'and':
    case 'or':
      return both(first, second)
    case 'sub':
    case 'ge':
    case 'gt':
      return both(first, flip(second))
    case 'mul':
      if (second === 'constant') return scaled(first, b!.from)
      return first === 'constant' ? scaled(second, a!.from) : 'unknown'
    case 'div':
      return second === 'constant' && b!.from !== 0 ? scaled(first, b!.from) : 'unknown'
    case 'xor':
      if (second === 'constant') return b!.from ? flip(first) : first
      return first === 'constant' ? (a!.from ? flip(second) : second) : 'unknown'
    case 'neg':
    case 'not':
      return flip(first)
    case 'float':
    case 'int':
    case 'sqrt':
    case 'exp':
    case 'log':
    case 'tanh':
    case 'floor':
    case 'ceil':
    case 'round':
    case 'sign':
      return first
    case 'abs':
    case 'pow':
    case 'eq':
    case 'select':
      return 'unknown'
  }
}

/** Whether a function that rises or falls can be NaN where its arguments lie between the ends of their courses. */
function mayBeNaN(fn: Fn, a: Course, b: Course): boolean {
  const reaches = ({ from, to }: Course, value: number) => from === value || to === value
  const isInfinite = (course: Course) => reaches(course, Infinity) || reaches(course, -Infinity)
  const hasZero = ({ from, to }: Course) => Math.min(from, to) <= 0 && Math.max(from, to) >= 0
  switch (fn) {
    case 'add':
      return (reaches(a, Infinity) && reaches(b, -Infinity)) || (reaches(a, -Infinity) && reaches(b, Infinity))
    case 'sub':
      return (reaches(a, Infinity) && reaches(b, Infinity)) || (reaches(a, -Infinity) && reaches(b, -Infinity))
    case 'mul':
      return (isInfinite(a) && hasZero(b)) || (hasZero(a) && isInfinite(b))
    case 'div':
      return isInfinite(a) && isInfinite(b)
    case 'sqrt':
    case 'log':
      return Math.min(a.from, a.to) < 0
    default:
      return false
  }
}

/**
 * x >= t ? p(x) : q(x), with t constant: rises where p rises from t on, q rises up to t, and p(t) >= q(t); falls where
 * both fall and p(t) <= q(t). PReLU, for one. x may be any part that p and q depend on the argument through.
 */
function courseOfChoice(
  parts: readonly Expr[],
  values: ArrayLike<number>,
  types: readonly DType[],
  span: Span,
): Course | undefined {
  const [condition, yes, no] = parts as [Expr, Expr, Expr]
  const decided = courseOf(condition, values, types, span)
  if (!decided) return undefined
  if (decided.from === decided.to) return courseOf(decided.from ? yes : no, values, types, span)
  if (condition.fn !== 'ge' && condition.fn !== 'gt') return undefined
  const [x, t] = condition.args as [Expr, Expr]
  const [outer, limit] = [courseOf(x, values, types, span)!, courseOf(t, values, types, span)!]
  if (limit.slope !== 'constant') return undefined
  const text = showExpr(x)
  // In terms of x: argument 0 is x, the others move up by one; the argument itself must not occur beside it.
  const course = (branch: Expr, low: number, high: number) => {
    const inner = ofPart(branch, text)
    if (argsOf(inner).includes(1)) return undefined
    return courseOf(inner, [low, ...Array.from(values)], [outer.type, ...types], { low, high })
  }
  const p = course(yes, limit.from, Math.max(outer.from, outer.to))
  const q = course(no, Math.min(outer.from, outer.to), limit.from)
  if (!p || !q) return undefined
  const slope = both(p.slope, q.slope)
  const rises = slope !== 'falling' && slope !== 'unknown' && p.from >= q.to
  const falls = slope !== 'rising' && slope !== 'unknown' && p.from <= q.to
  if (!rises && !falls) return undefined
  const ends = outer.slope === 'rising' ? { from: q.from, to: p.to } : { from: p.to, to: q.from }
  return { slope: rises ? outer.slope : flip(outer.slope), ...ends, type: p.type }
}

/** The expression over the part that shows as `text` (argument 0) and its own arguments, moved up by one. */
function ofPart(expr: Expr, text: string): Expr {
  if (showExpr(expr) === text) return arg(0)
  if (expr.fn === 'arg') return arg(expr.index + 1)
  return 'args' in expr ? { fn: expr.fn, args: expr.args.map(inner => ofPart(inner, text)) } : expr
}
