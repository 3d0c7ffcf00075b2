import { isArg } from '../../ir/expr.ts'
import { create, type Node } from '../../ir/node.ts'
import { sameShape } from '../../ir/tensor.ts'
import { numbered, replaced } from '../analysis/bottlenecks.ts'
import { rewrites, rule } from '../rewrite.ts'
import { codesOf } from './recognise-codes.ts'

/**
 * max f(x) = f(max x) where f rises: the maximum of values of a few bits is taken of what is rounded to those, because planes
 * of bits have no maximum. Signs are pooled as they are. Exact.
 */
export const poolBeforeCodes = rewrites(
  'pool-before-codes',
  rule('maximum of codes', 'pool', ({ operands: [x, ...extras], attrs, origin }, { soleUse }) => {
    if (attrs.kind !== 'max' || extras.length > 0 || !isArg(attrs.epilogue, 0)) return undefined
    if (x.op !== 'map' || x.type.dtype !== 'f32' || !soleUse(x)) return undefined
    const codes = codesOf(x)
    if (!codes || codes.grid.step < 0) return undefined
    const { expr } = x.attrs
    const pooled = (value: Node) => create('pool', [value], attrs, origin)
    if (codes.part.fn !== 'arg') {
      const numbers = numbered(expr)
      const rounding = replaced(expr, [numbers.get(codes.part)!], numbers)
      const value = create('map', x.operands, { expr: codes.part }, x.origin)
      return create('map', [pooled(value)], { expr: rounding }, x.origin)
    }
    const value = x.operands[codes.part.index]!
    const others = x.operands.filter(operand => operand !== value)
    // Thresholds differ between channels at most, or a maximum would compare with those of another place.
    const isPerChannel = others.every(({ type }) => type.shape.slice(0, 3).every(size => size === 1))
    if (!sameShape(value.type.shape, x.type.shape) || !isPerChannel) return undefined
    const operands = x.operands.map(operand => (operand === value ? pooled(value) : operand))
    return create('map', operands, { expr }, x.origin)
  }),
)
