import type { Sizes, SourceFile } from './backends/backend.ts'
import type { Strategy } from './backends/strategy.ts'
import type { ReadResult } from './frontend/index.ts'
import type { Graph } from './ir/graph.ts'
import { elements, type Shape } from './ir/tensor.ts'
import { layersOf, planesOf, type WeightedNode, weightsOf } from './layers.ts'
import { storageOf } from './lower/draft.ts'
import { convolutionParams } from './lower/windows.ts'
import { productsOf } from './macs.ts'
import type { Decision } from './passes/pass.ts'
import { bytesInUse, bytesOf } from './plan/arena.ts'
import type { Plan, Port } from './plan/plan.ts'

export interface PortSummary {
  readonly name: string
  readonly dtype: Port['dtype']
  readonly shape: Shape
}

export interface LayerSummary {
  /** Name of the ONNX node. */
  readonly name: string
  /** Its ONNX operator. */
  readonly op: string
  /** Of the result, in the order of the generated code: NHWC for images. */
  readonly shape: Shape
  readonly kind: 'binary' | 'integer' | 'float'
  /** Of binary layers: how many planes of bits the input and the weights are, 1 for signs. */
  readonly planes?: { readonly input: number; readonly weights: number }
  /** The rule that recognised it, or why it stays float. */
  readonly reason: string
  /** Of integer weights: by how much a result can differ from that of the model's weights. */
  readonly error?: number
  /** How its sums of bits are computed where there is a choice: what is done first, then what would cost more. */
  readonly strategies?: readonly Strategy[]
  /** Multiply-accumulates of one run, over the taps inside the image. */
  readonly macs: number
  /** Of its constants in the generated code. */
  readonly bytes: number
  /** Of its weights as 32-bit floats. */
  readonly floatBytes: number
  /** Of its result in memory; bits packed. */
  readonly resultBytes: number
  /** Of the workspace while it runs: what it reads, what it makes, what later layers need. */
  readonly workspaceBytes: number
}

/** Sums over all layers: what a build may want to set limits for. */
export interface Totals {
  readonly layers: number
  readonly binaryLayers: number
  readonly macs: number
  /** Those that are an xor and a popcount of bits. */
  readonly binaryMacs: number
  /** Of all weights as 32-bit floats. */
  readonly floatBytes: number
}

/** What was made of a model; also the JSON of the command line. */
export interface Summary {
  readonly name: string
  readonly target: string
  readonly files: readonly string[]
  readonly inputs: readonly PortSummary[]
  readonly outputs: readonly PortSummary[]
  readonly constantBytes: number
  readonly workspaceBytes: number
  readonly layers: readonly LayerSummary[]
  readonly totals: Totals
}

export interface Compilation {
  readonly model: ReadResult
  readonly graph: Graph
  readonly decisions: readonly Decision[]
  readonly plan: Plan
  readonly target: string
  readonly files: readonly SourceFile[]
  readonly sizes: Sizes
}

export function summarise({ model, graph, decisions, plan, target, files, sizes }: Compilation): Summary {
  const reasons = new Map(decisions.map(decision => [decision.origin[0], decision]))
  const inUse = bytesInUse(plan.steps)
  const layers = layersOf(graph).map((layer): LayerSummary => {
    const { node, sums } = layer
    const name = node.origin[0]!
    const decision = reasons.get(name)
    const kind = kindOf(node)
    const origins = new Set(sums.map(({ origin }) => origin.join('\n')))
    const calls = sizes.calls.filter(({ origin }) => origins.has(origin.join('\n')))
    const strategies = strategiesOf(calls)
    return {
      name,
      op: model.operators.get(name) ?? node.op,
      shape: node.type.shape,
      kind,
      ...(kind === 'binary' && node.op !== 'gather' ? { planes: planesOf(layer) } : {}),
      reason: decision?.reason ?? (kind === 'binary' ? 'a table whose rows end in a sign' : 'a table of floats'),
      ...(decision?.error === undefined ? {} : { error: decision.error }),
      ...(strategies.length > 0 ? { strategies } : {}),
      macs: Math.max(...sums.map(each => (each.op === 'gather' ? 0 : productsOf(convolutionParams(each))))),
      bytes: sum(calls.map(call => call.constantBytes)),
      floatBytes: Math.max(...sums.map(each => elements(weightsOf(each).type.shape))) * 4,
      resultBytes: bytesOf(storageOf(node.type)),
      workspaceBytes: Math.max(0, ...calls.map(call => inUse.get(call.name) ?? 0)),
    }
  })
  return {
    name: plan.name,
    target,
    files: files.map(({ path }) => path),
    inputs: plan.inputs.map(portSummary),
    outputs: plan.outputs.map(portSummary),
    constantBytes: sizes.constantBytes,
    workspaceBytes: sizes.workspaceBytes,
    layers,
    totals: totalsOf(layers),
  }
}

/** Of all sums of a layer, which are of one shape: what one is taken for, all are. */
function strategiesOf(calls: Sizes['calls']): Strategy[] {
  const weighed = calls.flatMap(({ strategies }) => (strategies ? [strategies] : []))
  return (weighed[0] ?? []).map(({ name }, k) => ({
    name,
    instructions: sum(weighed.map(each => each[k]?.instructions ?? 0)),
  }))
}

function totalsOf(layers: readonly LayerSummary[]): Totals {
  const binary = layers.filter(({ kind }) => kind === 'binary')
  return {
    layers: layers.length,
    binaryLayers: binary.length,
    macs: sum(layers.map(({ macs }) => macs)),
    binaryMacs: sum(binary.map(({ macs }) => macs)),
    floatBytes: sum(layers.map(({ floatBytes }) => floatBytes)),
  }
}

/** Bits on both sides, or rows of bits: a float layer may have weights that are bits. */
function kindOf(node: WeightedNode): LayerSummary['kind'] {
  if (node.op === 'integerConv2d') return 'integer'
  return node.op !== 'conv2d' && weightsOf(node).type.dtype === 'bit' ? 'binary' : 'float'
}

const portSummary = ({ name, dtype, shape }: Port): PortSummary => ({ name, dtype, shape })

const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0)
