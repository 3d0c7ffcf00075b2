import { call, type Expr } from '../../ir/expr.ts'
import type { Node } from '../../ir/node.ts'
import { asComputed, elementwise } from './build.ts'
import { type Context, type Importer, operand, operands } from './context.ts'
import { a, b, c } from './expressions.ts'

/** ONNX's bool is the language's bit, 1 for true. */
const comparison =
  (expr: Expr): Importer =>
  context =>
    elementwise(context, expr, computed(context, 0), computed(context, 1))

const computed = (context: Context, index: number): Node => asComputed(context, operand(context, index))

type Op = ('Greater' | 'GreaterOrEqual' | 'Less' | 'LessOrEqual' | 'Equal') | ('And' | 'Or' | 'Xor' | 'Not' | 'Where')

export const comparisons: Record<Op, Importer> = {
  Greater: comparison(call('gt', a, b)),
  GreaterOrEqual: comparison(call('ge', a, b)),
  Less: comparison(call('gt', b, a)),
  LessOrEqual: comparison(call('ge', b, a)),
  Equal: context => {
    const all = operands(context).map(node => asComputed(context, node))
    const areBits = all.every(node => node.type.dtype === 'bit')
    return elementwise(context, areBits ? call('not', call('xor', a, b)) : call('eq', a, b), ...all)
  },
  And: comparison(call('and', a, b)),
  Or: comparison(call('or', a, b)),
  Xor: comparison(call('xor', a, b)),
  Not: context => elementwise(context, call('not', a), operand(context, 0)),
  /** condition ? x : y. */
  Where: context =>
    elementwise(context, call('select', a, b, c), operand(context, 0), computed(context, 1), computed(context, 2)),
}
