import { f32 } from '../../src/ir/tensor.ts'
import { model, node } from '../onnx.ts'
import { seeded } from '../random.ts'

const next = seeded(5)
const floats = (...shape: number[]) =>
  f32(
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => next() - 0.5),
  )
const signs = (...shape: number[]) => {
  const { values } = floats(...shape)
  return f32(
    shape,
    Float32Array.from(values as Float32Array, value => (value < 0 ? -0.5 : 0.5)),
  )
}

/** [1, channels, height, width] → scores of 10 classes: a float convolution, a binary one, a float dense layer. */
export const imageNetwork = ([channels, height, width]: readonly [number, number, number]): Uint8Array =>
  model({
    inputs: { image: `float[1,${channels},${height},${width}]` },
    outputs: { scores: 'float[1,10]' },
    initializers: { w1: floats(8, channels, 5, 5), w2: signs(8, 8, 3, 3), w3: floats(10, 8) },
    nodes: [
      node('Conv', ['image', 'w1'], 'first', { strides: [4, 4] }),
      node('Sign', ['first'], 'bits'),
      node('Conv', ['bits', 'w2'], 'second'),
      node('GlobalAveragePool', ['second'], 'means'),
      node('Flatten', ['means'], 'features'),
      node('Gemm', ['features', 'w3'], 'scores', { transB: 1 }),
    ],
  })

/** Numbers of words → scores of 2 classes. */
export const wordNetwork = (length: number): Uint8Array =>
  model({
    inputs: { tokens: `int64[1,${length}]` },
    outputs: { scores: 'float[1,2]' },
    initializers: { table: floats(16, 8), w: floats(2, 8) },
    nodes: [
      node('Gather', ['table', 'tokens'], 'rows'),
      node('ReduceMean', ['rows'], 'mean', { axes: [1], keepdims: 0 }),
      node('Gemm', ['mean', 'w'], 'scores', { transB: 1 }),
    ],
  })
