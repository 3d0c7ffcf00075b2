import { extrasOf, isReducing, type Reducing, withEpilogue } from '../../ir/epilogue.ts'
import { arg, substitute } from '../../ir/expr.ts'
import { type Node, origins } from '../../ir/node.ts'
import { type Shape, sameShape } from '../../ir/tensor.ts'
import { staysSmall } from '../analysis/growth.ts'
import { rewrites, rule, type Site } from '../rewrite.ts'

/**
 * What a map does with the result of a reducing op happens before that result is stored: bias, scale, ReLU, sign …
 * cost no pass over memory. Exact: the same steps in the same order.
 */
export const fuseEpilogues = rewrites(
  'fuse-epilogues',
  rule('map of a reducing op', 'map', (node, site) => {
    const at = node.operands.findIndex((operand, index) => isFusible(operand, index, node, site))
    const producer = node.operands[at]
    return producer && isReducing(producer) ? fuse(producer, at, node) : undefined
  }),
)

function isFusible(operand: Node, index: number, map: Node<'map'>, { soleUse }: Site): boolean {
  if (!isReducing(operand) || !soleUse(operand)) return false
  if (!staysSmall(map.attrs.expr, index, operand.attrs.epilogue)) return false
  if (!sameShape(operand.type.shape, map.type.shape)) return false
  // Packed words are pooled as they are.
  if (operand.op === 'pool' && operand.operands[0].type.dtype === 'bit') return false
  const others = map.operands.filter(other => other !== operand)
  return operand.op === 'reduce' || others.every(other => isLinear(other.type.shape, map.type.shape))
}

/**
 * Kernels see images as rows × columns × channels with all images' rows in one axis, so what repeats along the rows of
 * an image must not differ between images, and the other way round.
 */
function isLinear(from: Shape, [n, h]: Shape): boolean {
  return n === 1 || h === 1 || (from[0] === 1) === (from[1] === 1)
}

/** Arguments of the new epilogue: the accumulator, the producer's extras, then the map's other operands. */
function fuse(producer: Reducing, at: number, map: Node<'map'>): Node {
  const extras = extrasOf(producer)
  const others = map.operands.filter((_, index) => index !== at)
  const place = (index: number) => arg(1 + extras.length + (index < at ? index : index - 1))
  const epilogue = substitute(map.attrs.expr, index => (index === at ? producer.attrs.epilogue : place(index)))
  return withEpilogue(producer, [...extras, ...others], epilogue, origins(producer, map))
}
