import { extrasOf, isReducing, type Reducing, withEpilogue } from '../../ir/epilogue.ts'
import { arg, type Expr, isArg, substitute } from '../../ir/expr.ts'
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

function isFusible(operand: Node, index: number, map: Node<'map'>, site: Site): boolean {
  if (!isReducing(operand) || !site.soleUse(operand) || becomesThresholds(operand, map, site)) return false
  if (!staysSmall(map.attrs.expr, index, operand.attrs.epilogue)) return false
  if (!sameShape(operand.type.shape, map.type.shape)) return false
  // Packed words are pooled as they are.
  if (operand.op === 'pool' && operand.operands[0].type.dtype === 'bit') return false
  const others = map.operands.filter(other => other !== operand)
  return operand.op === 'reduce' || others.every(other => isLinear(other.type.shape, map.type.shape))
}

/**
 * What quantises an integer to a few bits is no epilogue yet: each plane of bits will compare the integer itself. The same
 * holds for a sign of a sum of several planes, whose own thresholds know nothing of the others.
 */
function becomesThresholds(sum: Reducing, map: Node<'map'>, { usersOf, isOutput }: Site): boolean {
  if (sum.type.dtype !== 'i32' || !map.operands.every(operand => operand === sum || operand.op === 'constant'))
    return false
  if (map.type.dtype === 'bit') return !isArg(sum.attrs.epilogue, 0) && hasFloats(map.attrs.expr)
  if (map.type.dtype !== 'f32' || isOutput(map)) return false
  const users = usersOf(map)
  // A maximum moves to the sums first.
  if (!isArg(sum.attrs.epilogue, 0) && users.every(user => user.op === 'pool' && user.attrs.kind === 'max')) return true
  return users.length > 1 && users.every(({ type }) => type.dtype === 'bit')
}

const hasFloats = (expr: Expr): boolean => 'args' in expr && (expr.fn === 'float' || expr.args.some(hasFloats))

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
