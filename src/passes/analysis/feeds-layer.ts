import { type Graph, topological } from '../../ir/graph.ts'
import type { Node } from '../../ir/node.ts'

/** The nodes whose values reach a convolution or dense layer, moved or pooled at most: where bits are of use. */
export function layerInputs(graph: Graph): ReadonlySet<Node> {
  const found = new Set<Node>()
  // Users before operands, so that one look at every node is enough.
  for (const node of topological(graph).reverse()) {
    if (node.op === 'conv2d') found.add(node.operands[0])
    if (found.has(node) && carries(node)) for (const operand of node.operands) found.add(operand)
  }
  return found
}

/** Hands values on as they are. */
const carries = (node: Node): boolean =>
  ['reshape', 'transpose', 'slice', 'concat', 'pad'].includes(node.op) ||
  ((node.op === 'pool' || node.op === 'reduce') && node.attrs.kind === 'max')
