import type { Node } from '../ir/node.ts'
import { elements } from '../ir/tensor.ts'
import type { Call } from '../plan/plan.ts'
import { type Draft, makeCall } from './draft.ts'

export function lowerGather(node: Node<'gather'>, draft: Draft): Call[] {
  const [table, indices] = node.operands
  const rows = table.type.shape[0]!
  if (table.type.dtype === 'bit' && table.type.shape.length < 2)
    throw new Error(`gather '${node.origin.join('+')}' takes single bits out of a row of them`)
  const buffers = { table: draft.bufferOf(table), indices: draft.bufferOf(indices) }
  const params = { count: elements(indices.type.shape), rows, length: buffers.table.length / rows }
  return [makeCall('gather', { name: draft.nameOf(node), origin: node.origin }, buffers, params, draft.bufferOf(node))]
}
