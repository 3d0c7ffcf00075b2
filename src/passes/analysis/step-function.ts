import { call, type Expr, evaluator, number, typeOf } from '../../ir/expr.ts'
import { slopeOf } from '../../ir/slope.ts'
import type { DType } from '../../ir/tensor.ts'
import { bottlenecks, numbered, replaced } from './bottlenecks.ts'
import { piecesOf } from './pieces.ts'
import { bisect, fromOrder, LARGEST, toOrder } from './switch-point.ts'

/** An expression that is `high` where the condition holds and `low` elsewhere; low < high, both finite. */
export interface Step {
  readonly condition: Expr
  readonly low: number
  readonly high: number
}

/**
 * An f32 expression that is a function of few conditions and literals, and takes two values: 2 * (c ? 1 : 0) - 1, or the
 * product of two signs. `literals` holds the arguments that are constants of one value.
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
  if (conditions.size === 0 || conditions.size > MOST_CONDITIONS || !isFree) return undefined
  const value = evaluator(replaced(expr, [...conditions.keys()], numbers), [
    ...Array.from(conditions, () => 'bit' as const),
    ...types,
  ])
  const known = literals.map(literal => literal ?? 0)
  const all = [...conditions.values()]
  const rows = Array.from({ length: 2 ** all.length }, (_, row) => all.map((_, k) => (row >> k) % 2))
  const values = rows.map(row => value([...row, ...known]))
  const other = values.find(each => each !== values[0])
  if (other === undefined || !values.every(each => each === values[0] || each === other)) return undefined
  const held = rows.filter((_, row) => values[row] === other)
  return ordered(conditionOf(all, held), values[0]!, other)
}

/** A sign, or a product of a few. */
const MOST_CONDITIONS = 3

/** Holds where the conditions are as in one of the rows. */
function conditionOf(conditions: readonly Expr[], rows: readonly (readonly number[])[]): Expr {
  const [a, b] = conditions as [Expr, Expr]
  if (conditions.length === 1) return a
  if (conditions.length === 2 && rows.length === 2 && rows.every(([x, y]) => x !== y)) return call('xor', a, b)
  const all = rows.map(row =>
    row.map((bit, k) => (bit ? conditions[k]! : call('not', conditions[k]!))).reduce((x, y) => call('and', x, y)),
  )
  return all.reduce((x, y) => call('or', x, y))
}

/**
 * An f32 expression f(e) of one part e that takes two values and switches once: round(clip(e, 0, 1)), sign(relu(e)),
 * a FakeQuantize of two levels. f is provably monotone, so that the f32 at which it switches is found by bisection
 * over all f32; the condition e >= that number is exact.
 */
export function monotoneStep(expr: Expr, types: readonly DType[]): Step | undefined {
  const numbers = numbered(expr)
  for (const part of bottlenecks(expr, types, numbers)) {
    const found = switchOf(replaced(expr, [numbers.get(part)!], numbers))
    if (!found) continue
    const { from, to, at } = found
    return ordered(reaches(part, at), from, to)
  }
  return undefined
}

/** Numbers of a part that count as the side they are on, although the expression has another value there. */
export interface Doubt {
  readonly from: number
  readonly to: number
}

/** A step that some numbers miss. */
export interface DoubtfulStep extends Step {
  readonly part: Expr
  readonly doubt?: Doubt
}

/** A sign is 0 in a few f32 around where its argument is 0. */
export const FEW = 64
/** A clipped multiple is a sign if what it lets through is so near to 0. */
const NEAR = 2 ** -10

/**
 * An f32 expression f(e) of one part e that is one number below some place and another above it, however it is written:
 * x / |x|, (x > 0) - (x < 0), Where(Sign(x) == 0, 1, Sign(x)), Clip(1e6 · x, -1, 1). `rangeOf` bounds a part.
 */
export function piecewiseStep(
  expr: Expr,
  types: readonly DType[],
  rangeOf: (part: Expr) => { readonly low: number; readonly high: number },
): DoubtfulStep | undefined {
  const numbers = numbered(expr)
  for (const part of bottlenecks(expr, types, numbers)) {
    const found = twoPieces(replaced(expr, [numbers.get(part)!], numbers), rangeOf(part))
    const step = found && ordered(reaches(part, found.at), found.first, found.last)
    if (step) return { ...step, part, ...(found.doubt ? { doubt: found.doubt } : {}) }
  }
  return undefined
}

/** The values of f below and from `at` on. What is neither is 0 itself, or next to it: the doubt tells where. */
export function twoPieces(
  f: Expr,
  { low, high } = { low: -LARGEST, high: LARGEST },
): { first: number; last: number; at: number; doubt?: Doubt } | undefined {
  const pieces = piecesOf(f, Math.max(low, -LARGEST), Math.min(high, LARGEST))
  const [first, last] = [pieces?.[0]?.value, pieces?.at(-1)?.value]
  if (!pieces || first === undefined || last === undefined || first === last) return undefined
  const from = pieces.find(piece => piece.value !== first)?.from
  const to = pieces.findLast(piece => piece.value !== last)?.to
  if (from === undefined || to === undefined) return undefined
  if (to < from) return { first, last, at: fromOrder(from) }
  const doubt = { from: fromOrder(from), to: fromOrder(to) }
  const isShort = to - from < FEW || Math.max(Math.abs(doubt.from), Math.abs(doubt.to)) <= NEAR
  return isShort ? { first, last, at: from <= 0 && to >= 0 ? 0 : doubt.from, doubt } : undefined
}

/** part >= at. The smallest positive f32: reaching it is being above 0, which hardware without subnormals sees alike. */
const TINY = 2 ** -149

export const reaches = (part: Expr, at: number): Expr =>
  at === TINY ? call('gt', part, number(0)) : call('ge', part, number(at))

const ordered = (condition: Expr, whenFalse: number, whenTrue: number): Step | undefined => {
  if (whenFalse === whenTrue || !Number.isFinite(whenFalse) || !Number.isFinite(whenTrue)) return undefined
  return whenFalse < whenTrue
    ? { condition, low: whenFalse, high: whenTrue }
    : { condition: call('not', condition), low: whenTrue, high: whenFalse }
}

function switchOf(f: Expr): { from: number; to: number; at: number } | undefined {
  if (slopeOf(f, [0], ['f32'], { low: -LARGEST, high: LARGEST }) === 'unknown') return undefined
  const value = evaluator(f, ['f32'])
  const [from, to] = [value([-LARGEST]), value([LARGEST])]
  if (!Number.isFinite(from) || !Number.isFinite(to) || from === to) return undefined
  const at = fromOrder(bisect(toOrder(-LARGEST), toOrder(LARGEST), index => value([fromOrder(index)]) !== from))
  return value([at]) === to ? { from, to, at } : undefined
}
