import { arg, type Expr, showExpr, stepOf, typeOf } from '../../ir/expr.ts'
import type { DType } from '../../ir/tensor.ts'

/** A number for every part: parts that are alike have the same. */
export function numbered(expr: Expr): ReadonlyMap<Expr, number> {
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
export function bottlenecks(expr: Expr, types: readonly DType[], numbers: ReadonlyMap<Expr, number>): Expr[] {
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

/** The expression with parts, by their numbers, as its first arguments; what else it reads is numbered after them. */
export function replaced(expr: Expr, parts: readonly number[], numbers: ReadonlyMap<Expr, number>): Expr {
  const found = parts.indexOf(numbers.get(expr)!)
  if (found >= 0) return arg(found)
  if (expr.fn === 'arg') return arg(expr.index + parts.length)
  return 'args' in expr ? { fn: expr.fn, args: expr.args.map(inner => replaced(inner, parts, numbers)) } : expr
}
