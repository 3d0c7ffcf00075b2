import { f32, type Tensor } from '../../src/ir/tensor.ts'
import { model, type NodeSpec } from '../onnx.ts'
import { randomTensor } from '../random.ts'

/** Layers between signs, built one after another. */
interface Network {
  readonly nodes: NodeSpec[]
  readonly initializers: Record<string, Tensor>
  /** The value that the next layer reads. */
  value: string
}

/** Weights of any kind (latent) or of ±1; `behind` is what follows a layer. */
function addLayer(network: Network, op: 'Gemm' | 'Conv', shape: readonly number[], behind: 'sign' | 'nothing'): void {
  const { nodes, initializers } = network
  const k = nodes.length
  const filters = shape[0]!
  const weights = randomTensor({ dtype: 'f32', shape }, k + 1)
  initializers[`w${k}`] = weights
  const attrs = op === 'Gemm' ? { transB: 1 } : { pads: shape[2] === 3 ? [1, 1, 1, 1] : [0, 0, 0, 0] }
  nodes.push({ op, in: [network.value, `w${k}`], out: [`sum${k}`], name: `${op.toLowerCase()}${k}`, attrs })
  network.value = `sum${k}`
  if (behind === 'nothing') return
  const norm = ['scale', 'bias', 'mean', 'variance'].map(role => `${role}${k}`)
  norm.forEach((name, i) => {
    const values = randomTensor({ dtype: 'f32', shape: [filters] }, 31 * k + i).values as Float32Array
    initializers[name] = f32([filters], i === 3 || i === 0 ? values.map(value => Math.abs(value) + 0.5) : values)
  })
  nodes.push({ op: 'BatchNormalization', in: [network.value, ...norm], out: [`norm${k}`], name: `norm${k}` })
  nodes.push({ op: 'Sign', in: [`norm${k}`], out: [`sign${k}`], name: `sign${k}` })
  network.value = `sign${k}`
}

const finish = ({ nodes, initializers, value }: Network, input: string): Uint8Array =>
  model({ inputs: { x: input }, outputs: { [value]: 'float' }, nodes, initializers })

const start = (): Network => ({ nodes: [], initializers: {}, value: 'x' })

/** Dense layers of a width such that all weights are about so many megabytes; with `float`, no signs between them. */
export function denseNetwork(megabytes: number, float = false): Uint8Array {
  const width = Math.round(Math.sqrt((megabytes * 2 ** 20) / 4 / 4) / 32) * 32
  const network = start()
  for (let layer = 0; layer < 4; layer++)
    addLayer(network, 'Gemm', [width, width], float || layer === 3 ? 'nothing' : 'sign')
  return finish(network, `float[1,${width}]`)
}

/** 3×3 convolutions in the manner of VGG: images half as large and channels twice as many after every second one. */
export function convolutionNetwork(megabytes: number): Uint8Array {
  // Per unit of width: 3·3·3, then 9 (1 + 2 + 4 + 8 + 16 + 32 + 64) without the first.
  const width = Math.round(Math.sqrt((megabytes * 2 ** 20) / 4 / 9 / 127) / 4) * 4
  const network = start()
  addLayer(network, 'Conv', [width, 3, 3, 3], 'sign')
  let channels = width
  for (let layer = 0; layer < 7; layer++) {
    const filters = layer % 2 === 0 ? channels : 2 * channels
    addLayer(network, 'Conv', [filters, channels, 3, 3], 'sign')
    if (layer % 2 === 1 && layer < 6) {
      const { nodes, value } = network
      const name = `pool${nodes.length}`
      nodes.push({ op: 'MaxPool', in: [value], out: [name], name, attrs: { kernel_shape: [2, 2], strides: [2, 2] } })
      network.value = name
    }
    channels = filters
  }
  addLayer(network, 'Conv', [10, channels, 1, 1], 'nothing')
  return finish(network, 'float[1,3,64,64]')
}

/** So many small binary convolutions one behind another, every second one with a shortcut around it. */
export function deepNetwork(layers: number): Uint8Array {
  const network = start()
  addLayer(network, 'Conv', [32, 3, 3, 3], 'nothing')
  for (let layer = 0; layer < layers; layer++) {
    const before = network.value
    const { nodes } = network
    nodes.push({ op: 'Sign', in: [before], out: [`bits${layer}`], name: `bits${layer}` })
    network.value = `bits${layer}`
    addLayer(network, 'Conv', [32, 32, 3, 3], 'nothing')
    if (layer % 2 === 1) {
      nodes.push({ op: 'Add', in: [before, network.value], out: [`add${layer}`], name: `add${layer}` })
      network.value = `add${layer}`
    }
  }
  return finish(network, 'float[1,3,16,16]')
}
