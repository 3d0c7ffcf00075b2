import { type Expr, typeOf } from '../ir/expr.ts'
import { exprRange } from '../ir/expr-range.ts'
import { accumulatorRange, integerRange } from '../ir/integer-range.ts'
import type { Node } from '../ir/node.ts'
import type { Range } from '../ir/range.ts'
import type { DType } from '../ir/tensor.ts'

/** Half of what 32 bits hold: bounds are rounded to f32 on their way. */
const SAFE = 2 ** 30

/**
 * Whether i32 arithmetic of an expression over these nodes, or the sum that it starts from, may leave 32 bits. The
 * language wraps there, as WASM and WGSL do; C has to be told.
 */
export function mayOverflow(
  node: Node,
  expr: Expr,
  accumulator: DType | undefined,
  operands: readonly Node[],
): boolean {
  const start = accumulator ? [accumulatorRange(node, accumulator)] : []
  const ranges = [...start, ...operands.map(integerRange)]
  const types = [...(accumulator ? [accumulator] : []), ...operands.map(({ type }) => type.dtype)]
  const isAdded = node.op === 'reduce' && node.attrs.kind === 'sum' && accumulator === 'i32'
  return (isAdded && !isSafe(ranges[0]!)) || overflows(expr, ranges, types)
}

const isSafe = ({ low, high }: Range): boolean => low >= -SAFE && high <= SAFE

function overflows(expr: Expr, ranges: readonly Range[], types: readonly DType[]): boolean {
  if (!('args' in expr)) return false
  if (expr.args.some(part => overflows(part, ranges, types))) return true
  return typeOf(expr, types) === 'i32' && !isSafe(exprRange(expr, ranges, types)) && isArithmetic(expr)
}

const isArithmetic = ({ fn }: Expr): boolean =>
  fn === 'add' || fn === 'sub' || fn === 'mul' || fn === 'neg' || fn === 'abs'
