import type { Expr } from '../ir/expr.ts'
import type { Store } from './kernels.ts'

/**
 * Whether an expression is a number whatever its arguments are: a maximum with such a one, a ReLU or a clamp, is a
 * single instruction everywhere. Constants are finite.
 */
export function isNeverNaN(expr: Expr, { accumulator, operands }: Pick<Store, 'accumulator' | 'operands'>): boolean {
  if (expr.fn === 'number') return !Number.isNaN(expr.value)
  if (expr.fn === 'float') return true
  if (expr.fn !== 'arg') return false
  if (accumulator && expr.index === 0) return accumulator !== 'f32'
  const operand = operands[expr.index - (accumulator ? 1 : 0)]
  return operand !== undefined && (operand.dtype !== 'f32' || operand.buffer.place.kind === 'constant')
}
