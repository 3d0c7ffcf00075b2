import { type Graph, topological } from '../../ir/graph.ts'
import type { Node } from '../../ir/node.ts'

/** The nodes whose values reach a convolution or dense layer, moved or pooled at most: where bits are of use. */
export const layerInputs = (graph: Graph): ReadonlySet<Node> => new Set(layersReached(graph).keys())

/** Those nodes, and the layers that each reaches. */
export function layersReached(graph: Graph): ReadonlyMap<Node, ReadonlySet<Node<'conv2d'>>> {
  const found = new Map<Node, Set<Node<'conv2d'>>>()
  const reach = (node: Node, layers: Iterable<Node<'conv2d'>>) => {
    const known = found.get(node) ?? new Set()
    for (const layer of layers) known.add(layer)
    found.set(node, known)
  }
  // Users before operands, so that one look at every node is enough.
  for (const node of topological(graph).reverse()) {
    if (node.op === 'conv2d') reach(node.operands[0], [node])
    const layers = found.get(node)
    if (layers && carries(node)) for (const operand of node.operands) reach(operand, layers)
  }
  return found
}

/** Hands values on as they are. */
const carries = (node: Node): boolean =>
  ['reshape', 'transpose', 'slice', 'concat', 'pad'].includes(node.op) ||
  ((node.op === 'pool' || node.op === 'reduce') && node.attrs.kind === 'max')
