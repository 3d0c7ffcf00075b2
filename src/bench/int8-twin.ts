import type { Graph } from '../ir/graph.ts'
import type { Node } from '../ir/node.ts'
import { elements, type Shape, sameShape } from '../ir/tensor.ts'
import { type Attribute, type Element, GraphWriter } from './onnx-writer.ts'

/** Why there is no such network, in the words of a table's note. */
class NoTwin extends Error {}

/**
 * The network that people use instead: the same layers of the same shapes in int8, in the form that onnxruntime makes
 * its int8 kernels of (QuantizeLinear and DequantizeLinear around every layer), with random weights. What else the model
 * has between its layers (signs, scales, biases, normalisation, activations) is left out in its favour. Or why there is
 * none.
 */
export async function int8Twin(graph: Graph): Promise<Uint8Array | string> {
  try {
    return await write(graph)
  } catch (error) {
    if (error instanceof NoTwin) return error.message
    throw error
  }
}

function write(graph: Graph): Promise<Uint8Array> {
  const writer = new GraphWriter()
  let count = 0
  let random = 1
  const constant = (element: Element, shape: Shape, data: ArrayBufferView): string => {
    const name = `c${count++}`
    writer.constant(name, element, shape, data)
    return name
  }
  const bytes = (length: number): Int8Array =>
    Int8Array.from({ length }, () => {
      random = (Math.imul(random, 1103515245) + 12345) >>> 0
      return random >>> 24
    })
  const scale = constant('f32', [], Float32Array.of(0.02))
  const zero = constant('u8', [], Uint8Array.of(128))
  const signedZero = constant('i8', [], Int8Array.of(0))
  const emit = (op: string, inputs: readonly string[], attributes?: Readonly<Record<string, Attribute>>): string => {
    const name = `v${count++}`
    writer.node(op, inputs, name, attributes)
    return name
  }
  const decode = (name: string): string => emit('DequantizeLinear', [name, scale, zero])
  const quantized = (name: string): string => decode(emit('QuantizeLinear', [name, scale, zero]))
  const layer = (...args: Parameters<typeof emit>): string => quantized(emit(...args))
  // So small that sums are as large as what they are made of.
  const weights = (shape: Shape): string => {
    const deviation = 74 * Math.sqrt(elements(shape.slice(1)))
    const own = constant('f32', [], Float32Array.of(1 / deviation))
    return emit('DequantizeLinear', [constant('i8', shape, bytes(elements(shape))), own, signedZero])
  }
  const reshaped = (name: string, from: Shape, to: Shape): string =>
    sameShape(from, to) ? name : layer('Reshape', [name, constant('i64', [to.length], BigInt64Array.from(to, BigInt))])

  const values = new Map<Node, string>()
  const images = new Map<Node, string>()
  const once = (known: Map<Node, string>, key: Node, make: () => string): string => {
    const found = known.get(key) ?? make()
    known.set(key, found)
    return found
  }

  /** A value as the model has it. Images of convolutions and pools are kept as NCHW, which ONNX wants. */
  const value = (x: Node): string => once(values, x, () => makeValue(x))
  const image = (x: Node): string => once(images, x, () => makeImage(x))

  function makeValue(x: Node): string {
    const { shape } = x.type
    switch (x.op) {
      case 'input': {
        const { dtype } = x.type
        if (dtype !== 'f32' && dtype !== 'u8' && dtype !== 'i64')
          throw new NoTwin(`inputs of ${dtype} have no int8 twin`)
        writer.port('input', x.attrs.name, dtype, shape)
        return dtype === 'f32' ? quantized(x.attrs.name) : dtype === 'u8' ? decode(x.attrs.name) : x.attrs.name
      }
      case 'map':
        return passed(x, value)
      case 'reshape': {
        const dense = denseOf(x)
        if (dense) return reshaped(denseValue(dense), [dense.type.shape[0]!, dense.type.shape[3]!], shape)
        return reshaped(value(x.operands[0]), x.operands[0].type.shape, shape)
      }
      case 'transpose':
        return isPerm(x, 0, 3, 1, 2)
          ? image(x.operands[0])
          : layer('Transpose', [value(x.operands[0])], { perm: x.attrs.perm })
      case 'gather': {
        const [table, indices] = x.operands
        const rows = constant('u8', table.type.shape, bytes(elements(table.type.shape)))
        return decode(emit('Gather', [rows, value(indices)]))
      }
      case 'pad': {
        const pads = BigInt64Array.from([...x.attrs.before, ...x.attrs.after], BigInt)
        return layer('Pad', [value(x.operands[0]), constant('i64', [pads.length], pads)])
      }
      case 'concat':
        return layer('Concat', x.operands.map(value), { axis: x.attrs.axis })
      case 'reduce':
        return reduced(x)
      case 'conv2d':
      case 'pool':
        return layer('Transpose', [image(x)], { perm: [0, 2, 3, 1] })
      default:
        throw new NoTwin(`${x.op} has no int8 twin`)
    }
  }

  function makeImage(x: Node): string {
    switch (x.op) {
      case 'map':
        return passed(x, image)
      case 'transpose':
        return isPerm(x, 0, 2, 3, 1) ? value(x.operands[0]) : layer('Transpose', [value(x)], { perm: [0, 3, 1, 2] })
      case 'conv2d': {
        const [count, height, width, channels] = x.operands[1].type.shape as [number, number, number, number]
        const window = { ...windowOf(x), group: x.attrs.groups }
        return layer('Conv', [image(x.operands[0]), weights([count, channels, height, width])], window)
      }
      case 'pool': {
        const { kind, kernel, counted } = x.attrs
        const { dilations, ...window } = { ...windowOf(x), kernel_shape: kernel }
        if (kind === 'max') return layer('MaxPool', [image(x.operands[0])], { ...window, dilations })
        const padded = paddedBy(x)
        const pads = padded ? padded.pads : window.pads
        const isCounted = padded || counted.some(size => size > 0) ? 1 : 0
        const input = padded ? value(padded.from) : image(x.operands[0])
        return layer('AveragePool', [input], { ...window, pads, count_include_pad: isCounted })
      }
      default:
        return layer('Transpose', [value(x)], { perm: [0, 3, 1, 2] })
    }
  }

  /** What a map works on: its operands of the same shape, which it adds where there are several. */
  function passed(x: Node<'map'>, read: (x: Node) => string): string {
    const same = x.operands.filter(({ op, type }) => op !== 'constant' && sameShape(type.shape, x.type.shape))
    if (same.length === 0) throw new NoTwin('what is computed between its layers has no int8 twin')
    return [...new Set(same.map(read))].reduce((a, b) => layer('Add', [a, b]))
  }

  const denseValue = (x: Node<'conv2d'>): string => {
    const [image, { type }] = x.operands
    const channels = image.type.shape[3]!
    const flat = [image.type.shape[0]!, channels]
    const from = image.op === 'reshape' ? image.operands[0] : image
    const input = reshaped(value(from), from.type.shape, flat)
    return layer('Gemm', [input, weights([type.shape[0]!, channels])], { transB: 1 })
  }

  function reduced(x: Node<'reduce'>): string {
    const { kind, axes } = x.attrs
    const { shape } = x.operands[0].type
    const isSpatial = shape.length > 2 && axes.length === shape.length - 2 && axes.every((axis, k) => axis === k + 2)
    const input = value(x.operands[0])
    if (isSpatial && kind === 'max') return layer('MaxPool', [input], { kernel_shape: shape.slice(2) })
    if (isSpatial && kind === 'mean') return layer('AveragePool', [input], { kernel_shape: shape.slice(2) })
    if (kind === 'sum') throw new NoTwin('sums over axes have no int8 twin')
    return layer({ max: 'ReduceMax', min: 'ReduceMin', mean: 'ReduceMean' }[kind], [input], { axes })
  }

  graph.inputs.forEach(value)
  const outputs = graph.outputs.map(output => value(output.node))
  for (const name of new Set(outputs)) writer.port('output', name, 'f32')
  return writer.bytes()
}

const isPerm = (x: Node<'transpose'>, ...perm: readonly number[]): boolean =>
  x.attrs.perm.length === 4 && perm.every((axis, k) => x.attrs.perm[k] === axis)

/** The dense layer of which this is only another shape. */
function denseOf({ operands: [x] }: Node<'reshape'>): Node<'conv2d'> | undefined {
  if (x.op !== 'conv2d' || x.attrs.groups > 1) return undefined
  const isPixel = [x, ...x.operands.slice(0, 2)].every(({ type: { shape } }) => shape[1] === 1 && shape[2] === 1)
  return isPixel ? x : undefined
}

/** A border of zeros that a mean counts, as exporters write it. */
function paddedBy({ operands: [x], attrs }: Node<'pool'>) {
  const pad = x.op === 'transpose' && isPerm(x, 0, 2, 3, 1) ? x.operands[0] : undefined
  if (pad?.op !== 'pad' || attrs.padding.some(size => size > 0) || pad.attrs.value !== 0) return undefined
  const { before, after } = pad.attrs
  const isSpatial = [0, 1].every(axis => before[axis] === 0 && after[axis] === 0)
  return isSpatial ? { from: pad.operands[0], pads: [...before.slice(2), ...after.slice(2)] } : undefined
}

const windowOf = ({ attrs: { stride, dilation, padding } }: Node<'conv2d' | 'pool'>) => ({
  strides: stride,
  dilations: dilation,
  pads: padding,
})
