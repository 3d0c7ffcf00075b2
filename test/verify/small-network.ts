import { f32 } from '../../src/ir/tensor.ts'
import { model } from '../onnx.ts'
import { seeded } from '../random.ts'

const next = seeded(11)
const floats = (shape: readonly number[], size = 1) =>
  f32(
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => (2 * next() - 1) * size),
  )
const signs = (shape: readonly number[]) => {
  const tensor = floats(shape)
  return { ...tensor, values: (tensor.values as Float32Array).map(value => (value < 0 ? -0.5 : 0.5)) }
}
const norm = (name: string, channels: number) => ({
  [`${name}.scale`]: floats([channels]),
  [`${name}.bias`]: floats([channels]),
  [`${name}.mean`]: floats([channels]),
  [`${name}.var`]: f32([channels], new Float32Array(channels).fill(2)),
})
const normNode = (name: string, x: string) => ({
  op: 'BatchNormalization',
  name,
  in: [x, ...['scale', 'bias', 'mean', 'var'].map(part => `${name}.${part}`)],
  out: [`${name}.out`],
})
const node = (op: string, name: string, inputs: readonly string[], attrs = {}) => ({
  op,
  name,
  in: inputs,
  out: [`${name}.out`],
  attrs,
})

/** Float convolution, two binary convolutions with a pooling between them, a float dense layer: [1,3,8,8] → [1,5]. */
export const smallNetwork = (): Uint8Array =>
  model({
    inputs: { image: 'float[1,3,8,8]' },
    outputs: { 'dense.out': 'float[1,5]' },
    initializers: {
      w1: floats([40, 3, 3, 3], 0.5),
      ...norm('bn1', 40),
      w2: signs([48, 40, 3, 3]),
      ...norm('bn2', 48),
      w3: signs([33, 48, 1, 1]),
      w4: floats([5, 33 * 16], 0.1),
    },
    nodes: [
      node('Conv', 'first', ['image', 'w1'], { pads: [1, 1, 1, 1] }),
      normNode('bn1', 'first.out'),
      node('Sign', 'sign1', ['bn1.out']),
      node('Conv', 'second', ['sign1.out', 'w2'], { pads: [1, 1, 1, 1] }),
      normNode('bn2', 'second.out'),
      node('Sign', 'sign2', ['bn2.out']),
      node('MaxPool', 'pool', ['sign2.out'], { kernel_shape: [2, 2], strides: [2, 2] }),
      node('Conv', 'third', ['pool.out', 'w3']),
      node('Flatten', 'flat', ['third.out']),
      node('Gemm', 'dense', ['flat.out', 'w4'], { transB: 1 }),
    ],
  })
