import { c } from '../../backends/c/index.ts'
import type { CompileOptions } from '../../compile.ts'
import type { Diagnostic } from '../../ir/diagnostic.ts'
import type { Graph } from '../../ir/graph.ts'
import type { Node } from '../../ir/node.ts'
import { type Lowered, lowerWithNodes } from '../../lower/index.ts'
import { callsOf } from '../../plan/buffers.ts'
import { prepare } from '../../prepare.ts'
import { type Summary, summarise } from '../../summary.ts'
import type { Stage } from '../report.ts'
import { stagesOf } from './stages.ts'

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

/** Which stages a step of the plan computes. */
export function stagesOfStep({ lowered, nodes }: Network, at: number): number[] {
  const written = callsOf(lowered.plan.steps[at]!).map(({ y }) => nodes.indexOf(lowered.nodes.get(y.name)!))
  return [...new Set(written)].filter(stage => stage >= 0)
}
