import { type Expr, sizeOf } from '../../ir/expr.ts'

/** Most functions of an expression that is put in the place of one argument: an elementwise loop of its own costs less. */
const MOST = 256
/** The same where that argument is read more than once, so that every step of a chain would multiply the work. */
const MOST_REPEATED = 64
/** Most functions inside one another: parsers of shaders end at 128 levels, and a function takes up to two. */
const DEEPEST = 48

/** Whether an expression stays small with another one in the place of an argument, wherever it reads that. */
export function staysSmall(outer: Expr, index: number, inner: Expr): boolean {
  if (depthOf(outer) + depthOf(inner) > DEEPEST) return false
  const times = timesRead(outer, index)
  return sizeOf(outer) + times * sizeOf(inner) <= (times > 1 && 'args' in inner ? MOST_REPEATED : MOST)
}

const timesRead = (expr: Expr, index: number): number => {
  if (expr.fn === 'arg') return expr.index === index ? 1 : 0
  return 'args' in expr ? expr.args.reduce((sum, part) => sum + timesRead(part, index), 0) : 0
}

const depthOf = (expr: Expr): number => ('args' in expr ? 1 + Math.max(0, ...expr.args.map(depthOf)) : 0)
