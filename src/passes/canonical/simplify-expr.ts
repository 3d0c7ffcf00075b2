import { call, type Expr, isNumber, rewriteExpr, showExpr, typeOf } from '../../ir/expr.ts'
import type { DType } from '../../ir/tensor.ts'

/**
 * Brings the ways in which exporters write a sign to one: `float(condition)`, which is -1 or +1.
 * Every rule keeps the value, for all inputs; x * 1 is x. One rule keeps it but for f32 rounding: where x is -1, 0 or
 * +1, (x - y) + y is x, as a straight-through estimator means it, without the last bits that y leaves behind.
 */
export const simplifyExpr = (expr: Expr, types: readonly DType[]): Expr =>
  rewriteExpr(expr, part => rules.reduce((now, rule) => rule(now, types), part))

const equal = (a: Expr, b: Expr): boolean => a === b || showExpr(a) === showExpr(b)

/** The condition c if the expression is c ? a : b with these literals. */
function choice(expr: Expr | undefined, a: number, b: number): Expr | undefined {
  if (expr?.fn !== 'select') return undefined
  const [condition, yes, no] = expr.args as [Expr, Expr, Expr]
  if (isNumber(yes, a) && isNumber(no, b)) return condition
  return isNumber(yes, b) && isNumber(no, a) ? call('not', condition) : undefined
}

const rules: readonly ((expr: Expr, types: readonly DType[]) => Expr)[] = [
  // c ? 1 : -1
  expr => {
    const condition = choice(expr, 1, -1)
    return condition ? call('float', condition) : expr
  },
  // 2 * (c ? 1 : 0) - 1
  expr => {
    if (expr.fn !== 'sub' && expr.fn !== 'add') return expr
    const [twice, one] = expr.args as [Expr, Expr]
    if (!isNumber(one, expr.fn === 'sub' ? 1 : -1) || twice.fn !== 'mul') return expr
    const [a, b] = twice.args as [Expr, Expr]
    const condition = isNumber(b, 2) ? choice(a, 1, 0) : isNumber(a, 2) ? choice(b, 1, 0) : undefined
    return condition ? call('float', condition) : expr
  },
  // The sign of a sum of a sign and something that only decides where the sign is 0: sign(sign(x) + c), 0 < c < 1.
  expr => {
    if (expr.fn !== 'sign' || expr.args[0]!.fn !== 'add') return expr
    const [a, b] = (expr.args[0] as { args: readonly Expr[] }).args as [Expr, Expr]
    const [inner, literal] = a.fn === 'number' ? [b, a] : [a, b]
    if (inner.fn !== 'sign' || literal.fn !== 'number' || literal.value <= 0 || literal.value >= 1) return expr
    return call('float', call('ge', inner.args[0]!, { fn: 'number', value: 0 }))
  },
  // sign(±1)
  (expr, types) => (expr.fn === 'sign' && isFloatOfBit(expr.args[0]!, types) ? expr.args[0]! : expr),
  // not not c
  expr =>
    expr.fn === 'not' && expr.args[0]!.fn === 'not' ? (expr.args[0] as { args: readonly Expr[] }).args[0]! : expr,
  // x * 1, x / 1, x ^ 1, which a GPU computes by logarithms
  expr => {
    if (expr.fn !== 'mul' && expr.fn !== 'div' && expr.fn !== 'pow') return expr
    const [a, b] = expr.args as [Expr, Expr]
    if (isNumber(b, 1)) return a
    return expr.fn === 'mul' && isNumber(a, 1) ? b : expr
  },
  // clip(x, low, high) >= t where low < t <= high: a sign behind a hardtanh
  expr => {
    if (expr.fn !== 'ge' && expr.fn !== 'gt') return expr
    const [clipped, threshold] = expr.args as [Expr, Expr]
    if ((clipped.fn !== 'max' && clipped.fn !== 'min') || threshold.fn !== 'number') return expr
    const [x, limit] = clipped.args as [Expr, Expr]
    if (limit.fn !== 'number') return expr
    // Whether the limit itself is on the same side as everything that is clipped to it.
    const reaches = expr.fn === 'ge' ? limit.value >= threshold.value : limit.value > threshold.value
    return reaches === (clipped.fn === 'min') ? call(expr.fn, x, threshold) : expr
  },
  // (x - y) + y where x is a sign: a straight-through estimator that was exported with its gradient's path
  (expr, types) => {
    if (expr.fn !== 'add') return expr
    for (const [difference, y] of [expr.args, [...expr.args].reverse()] as [Expr, Expr][])
      if (difference.fn === 'sub' && equal(difference.args[1]!, y) && isSign(difference.args[0]!, types))
        return difference.args[0]!
    return expr
  },
]

/** -1 or +1; of an i32 or u8 it would be any whole number. */
const isFloatOfBit = (expr: Expr, types: readonly DType[]): boolean =>
  expr.fn === 'float' && typeOf(expr.args[0]!, types) === 'bit'

/** Whether nothing but -1, 0 and +1 can come out. */
function isSign(expr: Expr, types: readonly DType[]): boolean {
  if (expr.fn === 'sign' || isFloatOfBit(expr, types)) return true
  if (expr.fn !== 'select') return false
  const isOne = (part: Expr) => part.fn === 'number' && [-1, 0, 1].includes(part.value)
  return expr.args.slice(1).every(part => isOne(part) || isSign(part, types))
}
