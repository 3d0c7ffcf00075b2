import type { onnx as Onnx } from 'onnx-proto'
import type { ReadExternal } from '../frontend/index.ts'

/** A model file as onnxruntime takes it from memory. */
export interface PreparedModel {
  readonly bytes: Uint8Array
  /** Whether anything in it is a float16. */
  readonly hasHalf: boolean
  /** The same model with the outputs of all its nodes as outputs of its own. */
  readonly withNodes: () => Uint8Array
  /** The first output of every node, by the name that messages give the node. */
  readonly outputOf: ReadonlyMap<string, string>
}

const EXTERNAL = 1
const FLOAT16 = 10

/** Weights that are kept beside the model are put into it. */
export async function prepareModel(bytes: Uint8Array, readExternal: ReadExternal | undefined): Promise<PreparedModel> {
  const { default: library } = await import('onnx-proto')
  const { ModelProto } = library.onnx
  const proto = ModelProto.decode(bytes)
  const graph = proto.graph!
  const isOutside = graph.initializer!.map(tensor => inlineData(tensor, readExternal)).includes(true)
  const named = graph.node!.map(node => [node.name || node.output![0]!, node.output![0]!] as const)
  return {
    bytes: isOutside ? ModelProto.encode(proto).finish() : bytes,
    hasHalf: usesHalf(graph),
    outputOf: new Map(named),
    withNodes: () => {
      const known = new Set(graph.output!.map(({ name }) => name))
      const more = [...new Set(named.map(([, name]) => name))].filter(name => name && !known.has(name))
      const output = [...graph.output!, ...more.map(name => ({ name }))]
      return ModelProto.encode({ ...proto, graph: { ...graph, output } }).finish()
    },
  }
}

/** Whether it had its data in another file. */
function inlineData(tensor: Onnx.ITensorProto, readExternal: ReadExternal | undefined): boolean {
  if (tensor.dataLocation !== EXTERNAL) return false
  const entries = new Map(tensor.externalData!.map(({ key, value }) => [key!, value!]))
  const length = entries.get('length')
  if (!readExternal) throw new Error(`the data of '${tensor.name}' is in another file`)
  tensor.rawData = readExternal(
    entries.get('location') ?? '',
    Number(entries.get('offset') ?? 0),
    length === undefined ? undefined : Number(length),
  )
  tensor.dataLocation = 0
  tensor.externalData = []
  return true
}

/** Weights, inputs, outputs and casts say so; what is between them follows. */
const usesHalf = ({ initializer, input, output, node }: Onnx.IGraphProto): boolean =>
  initializer!.some(({ dataType }) => dataType === FLOAT16) ||
  [...input!, ...output!].some(({ type }) => type?.tensorType?.elemType === FLOAT16) ||
  node!.some(({ attribute }) =>
    attribute!.some(({ name, i, t }) => (name === 'to' && Number(i) === FLOAT16) || t?.dataType === FLOAT16),
  )
