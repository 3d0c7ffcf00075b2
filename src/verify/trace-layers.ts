import { evaluateNode } from '../ir/interpret.ts'
import { create, type Node } from '../ir/node.ts'
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
export const assembleTrace = ({ nodes }: Lowered, { trace }: Run): Map<Node, Traced> =>
  withParts(assembleAll(nodes, trace), new Set(nodes.values()))

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

/** Parts of a concatenation that were written into it, and reported with it, are read out of it. */
function withParts(traced: ReadonlyMap<Node, Traced>, computed: ReadonlySet<Node>): Map<Node, Traced> {
  const all = new Map<Node, Traced>()
  const add = (node: Node, value: Traced): void => {
    if (node.op === 'concat' && value.known.every(({ start, end }) => end - start === value.tensor.values.length)) {
      let start = 0
      for (const part of node.operands) {
        const starts = part.type.shape.map((_, axis) => (axis === node.attrs.axis ? start : 0))
        start += part.type.shape[node.attrs.axis]!
        if (traced.has(part) || all.has(part) || !computed.has(part)) continue
        const attrs = { starts, sizes: part.type.shape, steps: starts.map(() => 1) }
        const tensor = evaluateNode(create('slice', [node], attrs, []), [value.tensor])
        add(part, { tensor, cleanTails: true, known: [{ start: 0, end: tensor.values.length }] })
      }
    }
    all.set(node, value)
  }
  for (const [node, value] of traced) add(node, value)
  return all
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
