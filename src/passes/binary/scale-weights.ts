import { arg, call, isArg } from '../../ir/expr.ts'
import { create } from '../../ir/node.ts'
import { codedValue } from '../analysis/coded.ts'
import { roundingRewrites, rule } from '../rewrite.ts'

/**
 * A scale per channel between a sign and a layer belongs to the layer's weights:
 *   sum (x · s) · w = sum x · (s · w)
 * The layer reads bits then. Rounds s · w once, which is exact for weights ±1.
 */
export const scaleWeights = roundingRewrites(
  'scale-weights',
  rule('scaled signs before a convolution', 'conv2d', ({ operands: [x, weights, ...extras], attrs, origin }) => {
    if (x.op !== 'map' || weights.op !== 'constant' || attrs.groups !== 1) return undefined
    const { expr } = x.attrs
    if (expr.fn !== 'mul' || !isArg(expr.args[0]!, 0) || !isArg(expr.args[1]!, 1)) return undefined
    const [values, scale] = x.operands
    // [1,1,1,I] broadcasts over weights [O,kh,kw,I].
    if (!values || !codedValue(values) || scale?.op !== 'constant' || scale.type.shape.length !== 4) return undefined
    if (scale.type.shape.slice(0, 3).some(size => size !== 1)) return undefined
    const scaled = create('map', [weights, scale], { expr: call('mul', arg(0), arg(1)) }, weights.origin)
    return create('conv2d', [values, scaled, ...extras], attrs, origin)
  }),
)
