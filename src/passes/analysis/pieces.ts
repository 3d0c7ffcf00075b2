import { argsOf, call, type Expr, evaluator, number, rewriteExpr, showExpr } from '../../ir/expr.ts'
import { slopeOf } from '../../ir/slope.ts'
import { bisect, fromOrder, LARGEST, toOrder } from './switch-point.ts'

/** A run of f32 in order (see `toOrder`), both ends included, on which a function has one value; undefined: not proved. */
export interface Piece {
  readonly from: number
  readonly to: number
  readonly value: number | undefined
}

/** More parts that switch than any sign has. */
const MOST_SWITCHES = 64

/**
 * An f32 function of one f32, cut at the numbers where any of its comparisons, signs, magnitudes or limits switches. What
 * is left between them is evaluated, or simplified under what holds there: x / |x| is -1 below 0. Only numbers from `low`
 * to `high` are looked at. Undefined where there are too many switches.
 */
export function piecesOf(f: Expr, low = -LARGEST, high = LARGEST): Piece[] | undefined {
  const whole = rewriteExpr(f, rootOfSquare)
  const span = { low, high }
  const [first, last] = [toOrder(low), toOrder(high)]
  const starts = new Set([first])
  const unknown = new Set<Expr>()
  for (const [part, [a, b]] of switchesOf(whole))
    for (const fn of ['ge', 'gt'] as const) {
      const condition = call(fn, a, b)
      const slope = slopeOf(condition, [0], ['f32'], span)
      if (slope === 'unknown') unknown.add(part)
      if (slope === 'unknown' || slope === 'constant') continue
      const holds = evaluator(condition, ['f32'])
      const end = holds([high])
      if (holds([low]) !== end) starts.add(bisect(first, last, index => holds([fromOrder(index)]) === end))
    }
  if (starts.size > MOST_SWITCHES) return undefined
  const value = evaluator(f, ['f32'])
  const sorted = [...starts].sort((a, b) => a - b)
  return sorted.map((from, i): Piece => {
    const to = (sorted[i + 1] ?? last + 1) - 1
    if (from === to) return { from, to, value: value([fromOrder(from)]) }
    const inside = fromOrder(from)
    const rest = within(whole, inside, unknown)
    return { from, to, value: rest && constantValue(rest, fromOrder(from), fromOrder(to)) }
  })
}

/** In radix 2, sqrt(x · x) is |x| to the last bit, but where squares leave f32. */
function rootOfSquare(part: Expr): Expr {
  if (part.fn !== 'sqrt') return part
  const [square] = part.args as [Expr]
  if (square.fn === 'mul' && isEqual(square.args[0]!, square.args[1]!)) return call('abs', square.args[0]!)
  if (square.fn === 'pow' && square.args[1]!.fn === 'number' && square.args[1]!.value === 2)
    return call('abs', square.args[0]!)
  return part
}

const isEqual = (a: Expr, b: Expr): boolean => showExpr(a) === showExpr(b)

/** Parts that switch, and the two sides whose order they switch with. */
function switchesOf(f: Expr): Map<Expr, readonly [Expr, Expr]> {
  const found = new Map<Expr, readonly [Expr, Expr]>()
  rewriteExpr(f, part => {
    if (part.fn === 'sign' || part.fn === 'abs') found.set(part, [part.args[0]!, number(0)])
    else if (part.fn === 'ge' || part.fn === 'gt' || part.fn === 'eq' || part.fn === 'max' || part.fn === 'min')
      found.set(part, [part.args[0]!, part.args[1]!])
    return part
  })
  return found
}

/** The function simplified where nothing switches, `inside` being one such number; conditions are 0 and 1. */
function within(f: Expr, inside: number, unknown: ReadonlySet<Expr>): Expr | undefined {
  const at = (part: Expr): number => evaluator(part, ['f32'])([inside])
  const visit = (part: Expr): Expr | undefined => {
    if (!('args' in part)) return part
    if (unknown.has(part)) return undefined
    if (part.fn === 'ge' || part.fn === 'gt' || part.fn === 'eq' || part.fn === 'sign') return number(at(part))
    if (part.fn === 'select') {
      const condition = visit(part.args[0]!)
      return condition && visit(part.args[isNumber(condition, 1) ? 1 : 2]!)
    }
    if (part.fn === 'max' || part.fn === 'min') return visit(part.args[at(part) === at(part.args[0]!) ? 0 : 1]!)
    const args: Expr[] = []
    for (const each of part.args) {
      const simple = visit(each)
      if (!simple) return undefined
      args.push(simple)
    }
    const [a, b] = args as [Expr, Expr]
    if (part.fn === 'abs') return at(part.args[0]!) < 0 ? opposite(a) : a
    if (part.fn === 'float' && a.fn === 'number') return number(a.value ? 1 : -1)
    if (part.fn === 'not' && a.fn === 'number') return number(1 - a.value)
    if (part.fn === 'div' && argsOf(a).length > 0 && isEqual(a, b)) return number(1)
    if (part.fn === 'div' && argsOf(a).length > 0 && isEqual(opposite(a), b)) return number(-1)
    if (part.fn === 'and' || part.fn === 'or' || part.fn === 'xor')
      return a.fn === 'number' && b.fn === 'number' ? number(at(part)) : undefined
    return { fn: part.fn, args }
  }
  return visit(f)
}

const isNumber = (expr: Expr, value: number): boolean => expr.fn === 'number' && expr.value === value

const opposite = (expr: Expr): Expr => (expr.fn === 'neg' ? expr.args[0]! : call('neg', expr))

/** The value from one number to the other, if it is proved to be one. */
function constantValue(rest: Expr, low: number, high: number): number | undefined {
  const value = evaluator(rest, ['f32'])
  if (argsOf(rest).length === 0) return value([0])
  const [from, to] = [value([low]), value([high])]
  return from === to && slopeOf(rest, [0], ['f32'], { low, high }) !== 'unknown' ? from : undefined
}
