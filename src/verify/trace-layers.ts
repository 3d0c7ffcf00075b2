import { evaluateNode } from '../ir/interpret.ts'
import type { Node } from '../ir/node.ts'
import type { Tensor } from '../ir/tensor.ts'
import type { Lowered } from '../lower/index.ts'
import { assemble, type Traced } from '../run/memory.ts'
import type { Feeds, Piece, Run } from '../run/runner.ts'
import { compareLayer, type LayerComparison } from './compare-layer.ts'

/** A layer of the optimised graph with the comparison of one run. */
export interface ComparedLayer {
  readonly node: Node
  readonly comparison: LayerComparison
}

/** What a traced run computed for the nodes of the graph, in that order. */
export const assembleTrace = ({ nodes }: Lowered, { trace }: Run): Map<Node, Traced> => assembleAll(nodes, trace)

/** Compares every value of a traced run, in the order in which the generated code computed them. */
export function compareTrace(traced: ReadonlyMap<Node, Traced>, feeds: Feeds, tolerance: number): ComparedLayer[] {
  const values = new Map<Node, Tensor>([...traced].map(([node, { tensor }]) => [node, tensor]))
  return [...traced].map(([node, value]) => ({
    node,
    comparison: compareLayer(
      node,
      node.operands.map(operand => operandValue(operand, values, feeds)),
      value,
      tolerance,
    ),
  }))
}

function assembleAll(nodes: ReadonlyMap<string, Node>, trace: readonly Piece[]): Map<Node, Traced> {
  const pieces = new Map<Node, Piece[]>()
  for (const piece of trace) {
    const node = nodes.get(piece.name)
    // What lies between two calls of one op is no value of the graph.
    if (!node) continue
    const list = pieces.get(node)
    if (list) list.push(piece)
    else pieces.set(node, [piece])
  }
  return new Map([...pieces].map(([node, list]) => [node, assemble(node.type, list)]))
}

/** What the generated code had as this operand; a node that only looks at another one's memory is evaluated. */
function operandValue(node: Node, values: Map<Node, Tensor>, feeds: Feeds): Tensor {
  const known = values.get(node)
  if (known) return known
  const value =
    node.op === 'input'
      ? feeds.get(node.attrs.name)!
      : evaluateNode(
          node,
          node.operands.map(operand => operandValue(operand, values, feeds)),
        )
  values.set(node, value)
  return value
}
