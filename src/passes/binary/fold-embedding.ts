import { evaluateNode } from '../../ir/interpret.ts'
import { constant, create, type Node, origins } from '../../ir/node.ts'
import { allFinite } from '../../ir/tensor.ts'
import { rewrites, rule } from '../rewrite.ts'

/**
 * What happens to every row of a constant table alike may happen to the table instead. A chain that ends in a sign
 * leaves a table of bits: 32 times smaller, and nothing to compute at run time. Exact.
 */
export const foldEmbedding = rewrites(
  'fold-embedding',
  rule('map of a gather', 'map', (node, { soleUse }) => {
    const gather = node.operands.find(operand => operand.op === 'gather')
    if (gather?.op !== 'gather' || !soleUse(gather)) return undefined
    const [table, indices] = gather.operands
    // A table of bits stays one.
    if (table.op !== 'constant' || (table.type.dtype === 'bit' && node.type.dtype !== 'bit')) return undefined
    const ranks = indices.type.shape.length
    const operands = node.operands.map(operand => (operand === gather ? table : perRow(operand, ranks)))
    if (!operands.every(operand => operand !== undefined)) return undefined
    const map = create('map', operands, node.attrs, origins(gather, node))
    const values = map.operands.map(operand => (operand as Node<'constant'>).attrs.value)
    const rows = evaluateNode(map, values)
    // Rows that no index picks may hold anything.
    if (rows.dtype === 'f32' && !allFinite(rows.values as Float32Array)) return undefined
    return create('gather', [constant(rows, map.origin), indices], {}, map.origin)
  }),
)

/** A constant that is the same for every index, as an operand that broadcasts over the table's rows. */
function perRow(node: Node, indexRank: number): Node<'constant'> | undefined {
  const { shape } = node.type
  if (node.op !== 'constant' || !shape.slice(0, indexRank).every(size => size === 1)) return undefined
  return constant({ ...node.attrs.value, shape: [1, ...shape.slice(indexRank)] }, node.origin)
}
