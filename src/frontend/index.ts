import type { Diagnostic } from '../ir/diagnostic.ts'
import type { Graph } from '../ir/graph.ts'
import { checkModel } from './check-model.ts'
import { importGraph } from './import-graph.ts'
import { decodeModel, type Model } from './model.ts'
import type { ReadExternal } from './tensors.ts'

export type { ReadExternal } from './tensors.ts'

export interface ReadOptions {
  /** Name of the graph; the model's own by default. */
  readonly name?: string
  /** Size of an open first axis; 1 by default. */
  readonly batch?: number
  /** Sizes of other open axes, by their name in the file. */
  readonly dimensions?: Readonly<Record<string, number>>
  /** Reads weights that are kept beside the model. */
  readonly readExternal?: ReadExternal
}

export interface ReadResult {
  readonly graph: Graph
  readonly warnings: readonly Diagnostic[]
  /** ONNX operator of every node, by the name that its values carry as origin. */
  readonly operators: ReadonlyMap<string, string>
}

/** Reads an ONNX model. Throws a CompileError that lists everything about it that is wrong or not supported. */
export async function readModel(bytes: Uint8Array, options: ReadOptions = {}): Promise<ReadResult> {
  const model = await decodeModel(bytes)
  checkModel(model)
  const imported = importGraph(model, {
    name: options.name ?? model.graph.name,
    batch: options.batch ?? 1,
    dimensions: options.dimensions ?? {},
    readExternal: options.readExternal,
  })
  return { ...imported, operators: operatorsOf(model) }
}

const operatorsOf = ({ graph }: Model): ReadonlyMap<string, string> =>
  new Map(graph.nodes.map(node => [node.name || (node.outputs[0] ?? ''), node.op]))
