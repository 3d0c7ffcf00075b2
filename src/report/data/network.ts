import { c } from '../../backends/c/index.ts'
import type { CompileOptions } from '../../compile.ts'
import type { ReadResult } from '../../frontend/index.ts'
import type { Diagnostic } from '../../ir/diagnostic.ts'
import { type Graph, topological } from '../../ir/graph.ts'
import type { Node } from '../../ir/node.ts'
import { layersOf } from '../../layers.ts'
import { storageOf } from '../../lower/draft.ts'
import { type Lowered, lowerWithNodes } from '../../lower/index.ts'
import { bytesOf } from '../../plan/arena.ts'
import { callsOf } from '../../plan/buffers.ts'
import { prepare } from '../../prepare.ts'
import { type Summary, summarise } from '../../summary.ts'
import type { Stage } from '../report.ts'

/** A compiled network with all that the sections look at. */
export interface Network {
  /** With the inputs of the generated code, before all passes. */
  readonly source: Graph
  /** With the model's float weights still in it: the graph before layers are chosen. */
  readonly trained: Graph
  readonly graph: Graph
  readonly lowered: Lowered
  readonly summary: Summary
  readonly warnings: readonly Diagnostic[]
  readonly stages: readonly Stage[]
  /** The node of every stage. */
  readonly nodes: readonly Node[]
}

/** The passes that give up float weights: what they are given is `trained`. */
const CHOOSES = ['choose-binary', 'sign-weights']

export async function openNetwork(bytes: Uint8Array, options: Omit<CompileOptions, 'target'>): Promise<Network> {
  let trained: Graph | undefined
  let chosen = false
  const prepared = await prepare(bytes, {
    ...options,
    observe: (pass, after, milliseconds) => {
      options.observe?.(pass, after, milliseconds)
      chosen ||= CHOOSES.includes(pass)
      if (!chosen) trained = after
    },
  })
  const { model, source, graph, warnings } = prepared
  const lowered = lowerWithNodes(graph, c.lowering)
  const { plan } = lowered
  const summary = summarise({ ...prepared, plan, target: 'c', files: [], sizes: c.measure(plan) })
  const { stages, nodes } = stagesOf(graph, lowered, model)
  return { source, trained: trained ?? source, graph, lowered, summary, warnings, stages, nodes }
}

/** Every value that has memory of its own; what only looks at another one through another shape is no stage. */
function stagesOf(graph: Graph, { plan, nodes: buffers }: Lowered, model: ReadResult) {
  const owners = new Set(buffers.values())
  const order = topological(graph).filter(node => owners.has(node) && node.op !== 'constant')
  const nodes = [...order.filter(({ op }) => op === 'input'), ...order.filter(({ op }) => op !== 'input')]
  const ids = new Map(nodes.map((node, id) => [node, id]))
  const layers: readonly Node[] = layersOf(graph).map(({ node }) => node)
  const rings = new Set(plan.steps.flatMap(step => (step.kind === 'strip' ? [step.producer.y.name] : [])))
  const names = new Map([...buffers].map(([name, node]) => [node, name]))
  const outputs = new Map(graph.outputs.map(({ name, node }) => [ownerOf(node, ids), name]))
  const stages = nodes.map((node, id): Stage => {
    const { op, origin, type } = node
    const layer = layers.indexOf(node)
    const output = outputs.get(node)
    return {
      id,
      name: node.op === 'input' ? node.attrs.name : (origin[0] ?? op),
      op,
      from: origin.flatMap(name => (model.operators.has(name) ? [{ name, op: model.operators.get(name)! }] : [])),
      dtype: type.dtype,
      shape: type.shape,
      bytes: bytesOf(storageOf(type)),
      reads: readsOf(node, ids),
      ring: rings.has(names.get(node)!),
      ...(layer < 0 ? {} : { layer }),
      ...(output === undefined ? {} : { output }),
    }
  })
  return { stages, nodes }
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

/** Which stages a step of the plan computes. */
export function stagesOfStep({ lowered, nodes }: Network, at: number): number[] {
  const written = callsOf(lowered.plan.steps[at]!).map(({ y }) => nodes.indexOf(lowered.nodes.get(y.name)!))
  return [...new Set(written)].filter(stage => stage >= 0)
}
