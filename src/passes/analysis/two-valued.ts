import { arg, call, type Expr, evaluator, number } from '../../ir/expr.ts'
import { create, type Node } from '../../ir/node.ts'

/** A value that is `high` where a bit is +1 and `low` where it is -1. */
export interface TwoValued {
  readonly bits: Node
  readonly low: number
  readonly high: number
}

/** What is behind a node that is an f32 function of one bit: ±1, ±scale, 0 and 1, … */
export function twoValued(node: Node): TwoValued | undefined {
  if (node.op !== 'map' || node.operands.length !== 1 || node.type.dtype !== 'f32') return undefined
  const [bits] = node.operands
  if (bits!.type.dtype !== 'bit') return undefined
  const value = evaluator(node.attrs.expr, ['bit'])
  const [low, high] = [value([0]), value([1])]
  // 1 / (x > 0) is no level of a layer: its sums would be infinite or no numbers.
  return Number.isFinite(low) && Number.isFinite(high) ? { bits: bits!, low, high } : undefined
}

/** The inverse of `twoValued`: `float(a)` for -1 and +1. */
export const fromBits = ({ bits, low, high }: TwoValued): Node<'map'> =>
  create('map', [bits], { expr: valueExpr(low, high) }, bits.origin)

const valueExpr = (low: number, high: number): Expr =>
  low === -1 && high === 1 ? call('float', arg(0)) : call('select', arg(0), number(high), number(low))
