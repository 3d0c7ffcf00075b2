import pkg from 'onnx-proto'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import type { Graph } from '../../src/ir/graph.ts'
import { interpret } from '../../src/ir/interpret.ts'
import type { Tensor } from '../../src/ir/tensor.ts'

const { onnx } = pkg

/** A bit that differs between onnxruntime and xnorc: which Sign, which element (NCHW), and the value before the sign. */
export interface Flip {
  readonly sign: string
  readonly index: number
  readonly value: number
}

/**
 * The bits that differ at the first Sign where any does, in the order of the network. Only signs of floats are looked
 * at, and of an integer first layer: behind other integers bits can only differ because earlier ones do. `own` is what
 * the graph takes where that is not what the model takes.
 */
export async function findFlips(bytes: Uint8Array, graph: Graph, input: Tensor, own = input): Promise<Flip[]> {
  const { outputs, signs } = await runWithSigns(bytes, input)
  let flips: Flip[] = []
  interpret(graph, new Map([[graph.inputs[0]!.attrs.name, own]]), (node, value) => {
    const sign = signs.find(({ name }) => node.origin.at(-1) === name)
    if (flips.length > 0 || !sign || node.type.dtype !== 'bit' || value.shape.length !== 4) return
    const isOfFloats =
      ['conv2d', 'integerConv2d', 'map'].includes(node.op) || (node.op === 'pool' && node.attrs.kind === 'mean')
    const signed = outputs.get(sign.output)!
    if (isOfFloats && signed.length === value.values.length)
      flips = compare(sign.name, value, signed, outputs.get(sign.input)!)
  })
  return flips
}

function compare(sign: string, { shape, values }: Tensor, signed: Float32Array, before: Float32Array): Flip[] {
  const [, h, w, c] = shape as [number, number, number, number]
  return [...signed.keys()].flatMap(index => {
    const [channel, y, x] = [Math.floor(index / (h * w)), Math.floor(index / w) % h, index % w]
    const ours = values[(y * w + x) * c + channel] ? 1 : -1
    return ours === signed[index] ? [] : [{ sign, index, value: before[index]! }]
  })
}

/** Runs the model with the input and the output of every Sign as outputs of their own. */
async function runWithSigns(bytes: Uint8Array, input: Tensor) {
  const proto = onnx.ModelProto.decode(bytes)
  const signs = proto
    .graph!.node!.filter(({ opType }) => opType === 'Sign')
    .map(node => ({
      name: node.name!,
      input: node.input![0]!,
      output: node.output![0]!,
    }))
  const names = [...new Set(signs.flatMap(sign => [sign.input, sign.output]))]
  const elemType = 1
  proto.graph!.output!.push(...names.map(name => ({ name, type: { tensorType: { elemType } } })))
  const session = await InferenceSession.create(onnx.ModelProto.encode(proto).finish(), { logSeverityLevel: 4 })
  const results = await session.run({ input: new OrtTensor('float32', input.values as Float32Array, [...input.shape]) })
  await session.release()
  return { signs, outputs: new Map(names.map(name => [name, results[name]!.data as Float32Array])) }
}
