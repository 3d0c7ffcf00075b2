import { arg, argsOf, call, type Expr, evaluator, number, rewriteExpr, showExpr, sizeOf, typeOf } from '../ir/expr.ts'
import { slopeOf } from '../ir/slope.ts'
import type { DType } from '../ir/tensor.ts'
import { bisect, fromOrder, LARGEST, toOrder } from './switch-point.ts'

/** An expression that is `high` where the condition holds and `low` elsewhere; low < high, both finite. */
export interface Step {
  readonly condition: Expr
  readonly low: number
  readonly high: number
}

/**
 * An f32 expression that is a function of one condition and literals: 2 * (c ? 1 : 0) - 1, for one. `literals` holds the
 * arguments that are constants of one value.
 */
export function conditionalStep(
  expr: Expr,
  types: readonly DType[],
  literals: readonly (number | undefined)[],
): Step | undefined {
  const conditions = new Map<string, Expr>()
  let isFree = true
  const visit = (part: Expr): void => {
    if (part.fn === 'number') return
    if (typeOf(part, types) === 'bit') conditions.set(showExpr(part), part)
    else if (part.fn !== 'arg') for (const inner of part.args) visit(inner)
    else if (literals[part.index] === undefined) isFree = false
  }
  visit(expr)
  const [condition, ...more] = conditions.values()
  if (!condition || more.length > 0 || !isFree) return undefined
  const value = evaluator(replaced(expr, showExpr(condition)), ['bit', ...types])
  const known = literals.map(literal => literal ?? 0)
  return ordered(condition, value([0, ...known]), value([1, ...known]))
}

/**
 * An f32 expression f(e) of one part e that takes two values and switches once: round(clip(e, 0, 1)), sign(relu(e)),
 * a FakeQuantize of two levels. f is provably monotone, so that the f32 at which it switches is found by bisection
 * over all f32; the condition e >= that number is exact.
 */
export function monotoneStep(expr: Expr, types: readonly DType[]): Step | undefined {
  for (const part of partsOf(expr, types)) {
    const f = replaced(expr, showExpr(part))
    if (argsOf(f).some(index => index !== 0)) continue
    const found = switchOf(f)
    if (!found) continue
    const { from, to, at } = found
    const condition = at === TINY ? call('gt', part, number(0)) : call('ge', part, number(at))
    return ordered(condition, from, to)
  }
  return undefined
}

/** The smallest positive f32: reaching it is being above 0, which hardware without subnormals sees alike. */
const TINY = 2 ** -149

const ordered = (condition: Expr, whenFalse: number, whenTrue: number): Step | undefined => {
  if (whenFalse === whenTrue || !Number.isFinite(whenFalse) || !Number.isFinite(whenTrue)) return undefined
  return whenFalse < whenTrue
    ? { condition, low: whenFalse, high: whenTrue }
    : { condition: call('not', condition), low: whenTrue, high: whenFalse }
}

/** Parts of type f32 that depend on the arguments, the largest first; each once. */
function partsOf(expr: Expr, types: readonly DType[]): Expr[] {
  const found = new Map<string, Expr>()
  rewriteExpr(expr, part => {
    if (part !== expr && argsOf(part).length > 0 && typeOf(part, types) === 'f32') found.set(showExpr(part), part)
    return part
  })
  return [...found.values()].sort((a, b) => sizeOf(b) - sizeOf(a))
}

/** The expression with the part that shows as `text` as its argument 0; what else it reads is numbered from 1. */
function replaced(expr: Expr, text: string): Expr {
  if (showExpr(expr) === text) return arg(0)
  if (expr.fn === 'arg') return arg(expr.index + 1)
  return 'args' in expr ? { fn: expr.fn, args: expr.args.map(inner => replaced(inner, text)) } : expr
}

function switchOf(f: Expr): { from: number; to: number; at: number } | undefined {
  if (slopeOf(f, [0], ['f32'], { low: -LARGEST, high: LARGEST }) === 'unknown') return undefined
  const value = evaluator(f, ['f32'])
  const [from, to] = [value([-LARGEST]), value([LARGEST])]
  if (!Number.isFinite(from) || !Number.isFinite(to) || from === to) return undefined
  const at = fromOrder(bisect(toOrder(-LARGEST), toOrder(LARGEST), index => value([fromOrder(index)]) !== from))
  return value([at]) === to ? { from, to, at } : undefined
}
