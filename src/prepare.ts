import type { PrepareOptions } from './compile-options.ts'
import { adaptInputs } from './frontend/adapt-inputs.ts'
import { type ReadResult, readModel } from './frontend/index.ts'
import type { Diagnostic } from './ir/diagnostic.ts'
import type { Graph } from './ir/graph.ts'
import { type Decision, runPasses } from './passes/pass.ts'
import { pipeline } from './passes/pipeline.ts'

export type { PrepareOptions }

/** A model on its way, with what was decided about it. */
export interface Prepared {
  readonly model: ReadResult
  /** The model before all passes, its inputs in the form of the generated code's. */
  readonly source: Graph
  /** After all passes: every node is one kernel. */
  readonly graph: Graph
  readonly decisions: readonly Decision[]
  /** Of the reader and of the passes. */
  readonly warnings: readonly Diagnostic[]
}

/** The first half of the road, for all who need more than files: ONNX bytes to the graph that is lowered. Throws a CompileError. */
export async function prepare(bytes: Uint8Array, options: PrepareOptions = {}): Promise<Prepared> {
  const { stages = pipeline } = options
  const model = await readModel(bytes, options)
  const source = adaptInputs(model.graph, options)
  const { graph, decisions, warnings } = runPasses(source, stages, { ...options, operators: model.operators })
  return { model, source, graph, decisions, warnings: [...model.warnings, ...warnings] }
}
