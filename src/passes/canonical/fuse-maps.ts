import { arg, sizeOf, substitute } from '../../ir/expr.ts'
import { create, type Node, origins } from '../../ir/node.ts'
import { sameShape } from '../../ir/tensor.ts'
import { staysSmall } from '../analysis/growth.ts'
import { rewrites, rule, type Site } from '../rewrite.ts'

/** A chain that is worth computing again for every reader instead of storing it: scale, shift, clip and the like. */
const CHEAP = 4

/** Elementwise after elementwise is elementwise. Exact: the same steps in the same order. */
export const fuseMaps = rewrites(
  'fuse-maps',
  rule('map of a map', 'map', (node, site) => {
    const at = node.operands.findIndex((operand, index) => isFusible(operand, index, node, site))
    if (at < 0) return undefined
    const inner = node.operands[at] as Node<'map'>
    // The inner map's operands take its place in the list.
    const operands = [...node.operands.slice(0, at), ...inner.operands, ...node.operands.slice(at + 1)]
    const body = substitute(inner.attrs.expr, index => arg(at + index))
    const shift = inner.operands.length - 1
    const place = (index: number) => (index === at ? body : arg(index < at ? index : index + shift))
    const expr = substitute(node.attrs.expr, place)
    return create('map', operands, { expr }, origins(inner, node))
  }),
)

function isFusible(operand: Node, index: number, user: Node<'map'>, { soleUse, usersOf, isOutput }: Site): boolean {
  if (operand.op !== 'map' || !sameShape(operand.type.shape, user.type.shape)) return false
  if (!staysSmall(user.attrs.expr, index, operand.attrs.expr)) return false
  if (soleUse(operand)) return true
  // A sum of two images, stored, is one image to read and to keep: a copy in each reader would keep both.
  if (
    operand.operands.filter(({ op, type }) => op !== 'constant' && sameShape(type.shape, operand.type.shape)).length > 1
  )
    return false
  const users = usersOf(operand)
  return sizeOf(operand.attrs.expr) <= CHEAP && !isOutput(operand) && users.every(other => other.op === 'map')
}
