import { arg, argsOf, type Expr, evaluator, showExpr, typeOf } from './expr.ts'
import type { DType } from './tensor.ts'

export type Slope = 'rising' | 'falling' | 'constant' | 'unknown'

const flip = (slope: Slope): Slope => (slope === 'rising' ? 'falling' : slope === 'falling' ? 'rising' : slope)

/** Slope of something that rises with both. */
function both(a: Slope, b: Slope): Slope {
  if (a === 'constant' || a === b) return b
  return b === 'constant' ? a : 'unknown'
}

/**
 * Whether an expression provably rises or falls (weakly) with argument 0 while the others have these values.
 * f32 rounding is monotone, so what holds in reals holds after rounding too.
 */
export function slopeOf(expr: Expr, values: ArrayLike<number>, types: readonly DType[]): Slope {
  if (expr.fn === 'number') return 'constant'
  if (expr.fn === 'arg') return expr.index === 0 ? 'rising' : 'constant'
  const slopes = expr.args.map(part => slopeOf(part, values, types))
  const [a, b] = slopes as [Slope, Slope]
  if (slopes.every(slope => slope === 'constant')) return 'constant'
  const factor = (index: number) => evaluator(expr.args[index]!, types)(values)
  const scaled = (slope: Slope, by: number): Slope => (by > 0 ? slope : by < 0 ? flip(slope) : 'constant')
  switch (expr.fn) {
    case 'add':
    case 'max':
    case 'min':
    case 'and':
    case 'or':
      return both(a, b)
    case 'sub':
    case 'ge':
    case 'gt':
      return both(a, flip(b))
    case 'mul':
      if (b === 'constant') return scaled(a, factor(1))
      return a === 'constant' ? scaled(b, factor(0)) : 'unknown'
    case 'div':
      return b === 'constant' && factor(1) !== 0 ? scaled(a, factor(1)) : 'unknown'
    case 'xor':
      if (b === 'constant') return factor(1) ? flip(a) : a
      return a === 'constant' ? (factor(0) ? flip(b) : b) : 'unknown'
    case 'neg':
    case 'not':
      return flip(a)
    case 'float':
    case 'sqrt':
    case 'exp':
    case 'log':
    case 'tanh':
    case 'floor':
    case 'ceil':
    case 'round':
    case 'sign':
      return a
    case 'select':
      return slopeOfChoice(expr.args, values, types)
    case 'abs':
    case 'pow':
    case 'eq':
      return 'unknown'
  }
}

/**
 * x >= t ? p(x) : q(x), with t constant: rises where p and q rise and p(t) >= q(t), falls where both fall and
 * p(t) <= q(t). PReLU, for one. x may be any part that p and q depend on the argument through.
 */
function slopeOfChoice(parts: readonly Expr[], values: ArrayLike<number>, types: readonly DType[]): Slope {
  const [condition, yes, no] = parts as [Expr, Expr, Expr]
  if (condition.fn !== 'ge' && condition.fn !== 'gt') return 'unknown'
  const [x, t] = condition.args as [Expr, Expr]
  if (slopeOf(t, values, types) !== 'constant') return 'unknown'
  const text = showExpr(x)
  const [p, q] = [yes, no].map(branch => ofPart(branch, text)) as [Expr, Expr]
  // In terms of x: argument 0 is x, the others move up by one; the argument itself must not occur beside it.
  if ([p, q].some(branch => argsOf(branch).includes(1))) return 'unknown'
  const switched = [evaluator(t, types)(values), ...Array.from(values)]
  const inner = [typeOf(x, types), ...types]
  const slope = both(slopeOf(p, switched, inner), slopeOf(q, switched, inner))
  const [above, below] = [evaluator(p, inner)(switched), evaluator(q, inner)(switched)]
  const outer = slopeOf(x, values, types)
  if (outer !== 'rising' && outer !== 'falling') return 'unknown'
  if (slope !== 'falling' && slope !== 'unknown' && above >= below) return outer
  if (slope !== 'rising' && slope !== 'unknown' && above <= below) return flip(outer)
  return 'unknown'
}

/** The expression over the part that shows as `text` (argument 0) and its own arguments, moved up by one. */
function ofPart(expr: Expr, text: string): Expr {
  if (showExpr(expr) === text) return arg(0)
  if (expr.fn === 'arg') return arg(expr.index + 1)
  return 'args' in expr ? { fn: expr.fn, args: expr.args.map(inner => ofPart(inner, text)) } : expr
}
