import type { ReadResult } from '../../frontend/index.ts'
import { type Graph, topological } from '../../ir/graph.ts'
import type { Node } from '../../ir/node.ts'
import { layersOf } from '../../layers.ts'
import { storageOf } from '../../lower/draft.ts'
import type { Lowered } from '../../lower/index.ts'
import { bytesOf } from '../../plan/arena.ts'
import { callsOf } from '../../plan/buffers.ts'
import { rowsInRing } from '../../plan/strips.ts'
import type { Stage } from '../report.ts'

/** Every value that has memory of its own; what only looks at another one through another shape is no stage. */
export function stagesOf(
  graph: Graph,
  { plan, nodes: buffers }: Lowered,
  { operators }: Pick<ReadResult, 'operators'>,
): { readonly stages: readonly Stage[]; readonly nodes: readonly Node[] } {
  const owners = new Set(buffers.values())
  const order = topological(graph).filter(node => owners.has(node) && node.op !== 'constant')
  const nodes = [...order.filter(({ op }) => op === 'input'), ...order.filter(({ op }) => op !== 'input')]
  const ids = new Map(nodes.map((node, id) => [node, id]))
  const layers: readonly Node[] = layersOf(graph).map(({ node }) => node)
  const rings = new Set(
    plan.steps.flatMap(callsOf).flatMap(call => (rowsInRing(call) === undefined ? [] : [call.y.name])),
  )
  const names = new Map([...buffers].map(([name, node]) => [node, name]))
  const kMaps = kMapsOf(nodes, ids)
  const outputs = new Map(graph.outputs.map(({ name, node }) => [ownerOf(node, ids), name]))
  const stages = nodes.map((node, id): Stage => {
    const { op, origin, type } = node
    const layer = layers.indexOf(node)
    const output = outputs.get(node)
    return {
      id,
      name: node.op === 'input' ? node.attrs.name : (origin[0] ?? op),
      op,
      from: origin.flatMap(name => (operators.has(name) ? [{ name, op: operators.get(name)! }] : [])),
      dtype: type.dtype,
      shape: type.shape,
      bytes: bytesOf(storageOf(type)),
      reads: readsOf(node, ids),
      ring: rings.has(names.get(node)!),
      ...(kMaps.has(node) ? { kMap: true } : {}),
      ...(layer < 0 ? {} : { layer }),
      ...(output === undefined ? {} : { output }),
    }
  })
  return { stages, nodes }
}

/** A factor per pixel of sums of bits: read behind input and weights, of one channel where the sums have several. */
function kMapsOf(nodes: readonly Node[], ids: ReadonlyMap<Node, number>): Set<Node | undefined> {
  const found = nodes.flatMap(({ op, type, operands }) =>
    op === 'binaryConv2d' && type.shape.at(-1)! > 1 ? operands.slice(2).map(extra => ownerOf(extra, ids)) : [],
  )
  return new Set(found.filter(node => node?.type.shape.at(-1) === 1))
}

function readsOf(node: Node, ids: ReadonlyMap<Node, number>): number[] {
  const found = node.operands.flatMap(operand => {
    const owner = ownerOf(operand, ids)
    return owner === undefined ? [] : [ids.get(owner)!]
  })
  return [...new Set(found)].sort((a, b) => a - b)
}

/** The stage whose memory a node shows; none for a constant. */
function ownerOf(node: Node, ids: ReadonlyMap<Node, number>): Node | undefined {
  let owner: Node | undefined = node
  while (owner && !ids.has(owner)) owner = owner.op === 'constant' ? undefined : owner.operands[0]
  return owner
}
