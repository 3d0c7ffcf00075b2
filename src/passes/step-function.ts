import { arg, call, type Expr, evaluator, number, showExpr, stepOf, typeOf } from '../ir/expr.ts'
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
  const numbers = numbered(expr)
  const conditions = new Map<number, Expr>()
  let isFree = true
  const visit = (part: Expr): void => {
    if (part.fn === 'number') return
    if (typeOf(part, types) === 'bit') conditions.set(numbers.get(part)!, part)
    else if (part.fn !== 'arg') for (const inner of part.args) visit(inner)
    else if (literals[part.index] === undefined) isFree = false
  }
  visit(expr)
  const [condition, ...more] = conditions.values()
  if (!condition || more.length > 0 || !isFree) return undefined
  const value = evaluator(replaced(expr, numbers.get(condition)!, numbers), ['bit', ...types])
  const known = literals.map(literal => literal ?? 0)
  return ordered(condition, value([0, ...known]), value([1, ...known]))
}

/**
 * An f32 expression f(e) of one part e that takes two values and switches once: round(clip(e, 0, 1)), sign(relu(e)),
 * a FakeQuantize of two levels. f is provably monotone, so that the f32 at which it switches is found by bisection
 * over all f32; the condition e >= that number is exact.
 */
export function monotoneStep(expr: Expr, types: readonly DType[]): Step | undefined {
  const numbers = numbered(expr)
  for (const part of bottlenecks(expr, types, numbers)) {
    const found = switchOf(replaced(expr, numbers.get(part)!, numbers))
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

/** A number for every part: parts that are alike have the same. */
function numbered(expr: Expr): ReadonlyMap<Expr, number> {
  const numbers = new Map<Expr, number>()
  const known = new Map<string, number>()
  const visit = (part: Expr): number => {
    const text = 'args' in part ? `${part.fn}(${part.args.map(visit)})` : showExpr(part)
    const found = known.get(text) ?? known.size
    known.set(text, found)
    numbers.set(part, found)
    return found
  }
  visit(expr)
  return numbers
}

/** Parts of type f32 through which alone the expression depends on its arguments, the largest first; each once. */
function bottlenecks(expr: Expr, types: readonly DType[], numbers: ReadonlyMap<Expr, number>): Expr[] {
  const found = new Map<number, { part: Expr; size: number; reads: number }>()
  const visit = (part: Expr): { size: number; reads: number; type: DType } => {
    if (part.fn === 'number') return { size: 0, reads: 0, type: 'f32' }
    const inner = 'args' in part ? part.args.map(visit) : []
    const typesOf = inner.map(each => each.type)
    const size = inner.reduce((sum, each) => sum + each.size, 1)
    const reads = 'args' in part ? inner.reduce((sum, each) => sum + each.reads, 0) : 1
    const type = 'args' in part ? stepOf(part.fn, typesOf).type : typeOf(part, types)
    const number = numbers.get(part)!
    if (part !== expr && type === 'f32')
      found.set(number, { part, size, reads: reads + (found.get(number)?.reads ?? 0) })
    return { size, reads, type }
  }
  const { reads } = visit(expr)
  const all = [...found.values()].filter(each => each.reads === reads && reads > 0)
  return all.sort((a, b) => b.size - a.size).map(({ part }) => part)
}

/** The expression with a part, by its number, as its argument 0; what else it reads is numbered from 1. */
function replaced(expr: Expr, part: number, numbers: ReadonlyMap<Expr, number>): Expr {
  if (numbers.get(expr) === part) return arg(0)
  if (expr.fn === 'arg') return arg(expr.index + 1)
  return 'args' in expr ? { fn: expr.fn, args: expr.args.map(inner => replaced(inner, part, numbers)) } : expr
}

function switchOf(f: Expr): { from: number; to: number; at: number } | undefined {
  if (slopeOf(f, [0], ['f32'], { low: -LARGEST, high: LARGEST }) === 'unknown') return undefined
  const value = evaluator(f, ['f32'])
  const [from, to] = [value([-LARGEST]), value([LARGEST])]
  if (!Number.isFinite(from) || !Number.isFinite(to) || from === to) return undefined
  const at = fromOrder(bisect(toOrder(-LARGEST), toOrder(LARGEST), index => value([fromOrder(index)]) !== from))
  return value([at]) === to ? { from, to, at } : undefined
}
