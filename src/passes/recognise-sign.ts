import { arg, call, type Expr, number, rewriteExpr } from '../ir/expr.ts'
import { create } from '../ir/node.ts'
import { rewrites, rule } from './rewrite.ts'

/**
 * ONNX Sign is -1, 0 or +1, bits have no 0: an exact 0 counts as +1, as the straight-through estimators that train
 * these networks have it. Then cuts a map that yields float(condition) in two: the condition, which is bits, and
 * `float(a)`, which later passes move past everything that can work on bits.
 */
export const recogniseSign = rewrites(
  'recognise-sign',
  rule('sign is a comparison with 0', 'map', ({ operands, attrs, origin }) => {
    const expr = rewriteExpr(attrs.expr, signToComparison)
    return expr === attrs.expr ? undefined : create('map', operands, { expr }, origin)
  }),
  rule('the condition on its own', 'map', ({ operands, attrs: { expr }, origin }) => {
    if (expr.fn !== 'float' || expr.args[0]!.fn === 'arg') return undefined
    const bits = create('map', operands, { expr: expr.args[0]! }, origin)
    return bits.type.dtype === 'bit' ? create('map', [bits], { expr: call('float', arg(0)) }, origin) : undefined
  }),
)

const signToComparison = (expr: Expr): Expr =>
  expr.fn === 'sign' ? call('float', call('ge', expr.args[0]!, number(0))) : expr
