import { checkBytes, checkValues } from '../check-options.ts'
import { CompileError, type Diagnostic } from '../ir/diagnostic.ts'
import { diagnostics } from '../ir/diagnostics.ts'
import type { Graph } from '../ir/graph.ts'
import { fixedBatch, refuseUnknownSizes } from './boundary.ts'
import { checkModel } from './check-model.ts'
import { importGraph } from './import-graph.ts'
import { decodeModel, type Model, type ModelGraph, type ModelNode } from './model.ts'
import type { ReadOptions } from './read-options.ts'
import { rebatch } from './rebatch.ts'

export type { ReadOptions } from './read-options.ts'
export type { ReadExternal } from './tensors.ts'

export interface ReadResult {
  readonly graph: Graph
  readonly warnings: readonly Diagnostic[]
  /** ONNX operator of every node, by the name that its values carry as origin. */
  readonly operators: ReadonlyMap<string, string>
}

/** Reads an ONNX model. Throws a CompileError that lists everything about it that is wrong or not supported. */
export async function readModel(bytes: Uint8Array, options: ReadOptions = {}): Promise<ReadResult> {
  checkBytes(bytes)
  checkValues(options, ['name', 'batch', 'sizes', 'readExternal'])
  const model = await decodeModel(bytes)
  checkModel(model)
  const { batch, sizes = {} } = options
  refuseUnknownSizes(model.graph.inputs, sizes)
  const fixed = fixedBatch(model.graph.inputs)
  const { graph, warnings } = importGraph(model, {
    name: options.name ?? model.graph.name,
    batch: batch === undefined ? 1 : (fixed ?? batch),
    sizes,
    readExternal: options.readExternal,
  })
  if (batch !== undefined) refuseIgnored(graph, batch, fixed)
  const isOther = batch !== undefined && fixed !== undefined && batch !== fixed
  return { graph: isOther ? rebatch(graph, fixed, batch) : graph, warnings, operators: operatorsOf(model) }
}

/** A batch that no input would have. */
function refuseIgnored({ inputs }: Graph, batch: number, fixed: number | undefined): void {
  const samples = inputs.flatMap(({ type }) => type.shape.slice(0, 1))
  if (samples.length === 0) throw new CompileError(diagnostics.invalidOption('--batch', 'no input has an axis for it'))
  if (fixed === undefined && !samples.includes(batch))
    throw new CompileError(
      diagnostics.invalidOption('--batch', `${batch} is not what --size makes of the inputs, which is ${samples[0]}`),
    )
}

const operatorsOf = ({ graph }: Model): ReadonlyMap<string, string> =>
  new Map(allNodes(graph).map(node => [node.name || (node.outputs[0] ?? ''), node.op]))

/** Nodes with those of branches. */
const allNodes = ({ nodes }: ModelGraph): readonly ModelNode[] =>
  nodes.flatMap(node => [node, ...[...node.attributes.values()].flatMap(({ graph }) => (graph ? allNodes(graph) : []))])
