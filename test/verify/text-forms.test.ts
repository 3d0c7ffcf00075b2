import { describe, expect, test } from 'vitest'
import { c } from '../../src/backends/c/index.ts'
import { compile } from '../../src/compile.ts'
import { f32, i32, type Tensor } from '../../src/ir/tensor.ts'
import { createCRunner } from '../../src/run/c.ts'
import { makeFeeds } from '../../src/run/inputs.ts'
import { openOnnxruntime } from '../../src/verify/onnxruntime.ts'
import { verifyModel } from '../../src/verify/verify-model.ts'
import { hasCompiler } from '../c-runner.ts'
import { type ModelSpec, model, type NodeSpec } from '../onnx.ts'
import { seeded } from '../random.ts'

const [WORDS, WIDTH, LENGTH, FILTERS] = [50, 36, 12, 5]

const next = seeded(5)
const floats = (shape: readonly number[]): Tensor =>
  f32(
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 2 * next() - 1),
  )
const signs = (shape: readonly number[]): Tensor => {
  const { values } = floats(shape)
  return f32(
    shape,
    Float32Array.from(values as Float32Array, value => (value < 0 ? -0.25 : 0.25)),
  )
}

const node = (op: string, inputs: readonly string[], out: string, attrs: NodeSpec['attrs'] = {}): NodeSpec => ({
  op,
  name: out,
  in: inputs,
  out: [out],
  attrs,
})

/** Signs of the embedding, [1, WIDTH, LENGTH]: transpose, batch norm, sign. */
const rank3: readonly NodeSpec[] = [
  node('Gather', ['table', 'tokens'], 'embedded'),
  node('Transpose', ['embedded'], 'turned', { perm: [0, 2, 1] }),
  node('BatchNormalization', ['turned', 'gain', 'bias', 'mean', 'variance'], 'normal'),
  node('Sign', ['normal'], 'signs'),
]
/** The same as an image, [1, 1, LENGTH, WIDTH]: a filter spans whole words. */
const asImage: readonly NodeSpec[] = [
  node('Gather', ['table', 'tokens'], 'embedded'),
  node('Sign', ['embedded'], 'signs'),
  node('Unsqueeze', ['signs', 'axis1'], 'image'),
]
const conv = (x: string, k: number, out: string, attrs: NodeSpec['attrs'] = {}) => [
  node('Conv', [x, `w${k}`, `b${k}`], `${out}.sum`, attrs),
  node('Relu', [`${out}.sum`], out),
]
const ends = (parts: readonly string[]) => [
  node('Concat', parts, 'features', { axis: 1 }),
  node('Gemm', ['features', 'dense.w', 'dense.b'], 'logits', { transB: 1 }),
]

/** From feature maps [1, FILTERS, L] to [1, FILTERS], the ways exporters write it. */
const overTime: Readonly<Record<string, (x: string, length: number, out: string) => NodeSpec[]>> = {
  'ReduceMax, axis gone': (x, _, out) => [node('ReduceMax', [x], out, { axes: [2], keepdims: 0 })],
  'ReduceMax over axis -1, then Squeeze': (x, _, out) => [
    node('ReduceMax', [x], `${out}.kept`, { axes: [-1], keepdims: 1 }),
    node('Squeeze', [`${out}.kept`, 'axis2'], out),
  ],
  'GlobalMaxPool and Flatten': (x, _, out) => [
    node('GlobalMaxPool', [x], `${out}.kept`),
    node('Flatten', [`${out}.kept`], out),
  ],
  'MaxPool over all of it and Squeeze': (x, length, out) => [
    node('MaxPool', [x], `${out}.kept`, { kernel_shape: [length], strides: [length] }),
    node('Squeeze', [`${out}.kept`, 'axis2'], out),
  ],
  'MaxPool over all of it and Reshape': (x, length, out) => [
    node('MaxPool', [x], `${out}.kept`, { kernel_shape: [length] }),
    node('Reshape', [`${out}.kept`, 'flat'], out),
  ],
  'time in the middle': (x, _, out) => [
    node('Transpose', [x], `${out}.turned`, { perm: [0, 2, 1] }),
    node('ReduceMax', [`${out}.turned`], out, { axes: [1], keepdims: 0 }),
  ],
  'two maxima': (x, length, out) => [
    node('MaxPool', [x], `${out}.half`, { kernel_shape: [2], strides: [2], ceil_mode: 1 }),
    node('GlobalMaxPool', [`${out}.half`], `${out}.kept`),
    node('Reshape', [`${out}.kept`, 'flat'], out, length > 0 ? {} : {}),
  ],
}

const variance = () => f32([WIDTH], new Float32Array(WIDTH).fill(1.5))

function network(nodes: readonly NodeSpec[], kernels: Readonly<Record<string, Tensor>>, more: Partial<ModelSpec> = {}) {
  const parts = Object.keys(kernels).length
  return model({
    inputs: { tokens: `int64[1,${LENGTH}]` },
    outputs: { logits: 'float[1,2]' },
    nodes,
    initializers: {
      table: floats([WORDS, WIDTH]),
      gain: floats([WIDTH]),
      bias: floats([WIDTH]),
      mean: floats([WIDTH]),
      variance: variance(),
      ...kernels,
      ...Object.fromEntries(Object.keys(kernels).map(name => [name.replace('w', 'b'), floats([FILTERS])])),
      'dense.w': floats([2, FILTERS * parts]),
      'dense.b': floats([2]),
      axis1: i32([1], [1]),
      axis2: i32([1], [2]),
      axis3: i32([1], [3]),
      flat: i32([2], [1, -1]),
    },
    ...more,
  })
}

async function check(bytes: Uint8Array): Promise<void> {
  const { summary } = await compile(bytes, { target: 'c', name: 'text' })
  // Two words of 36 bits for every word of the vocabulary, however the model writes it.
  expect(summary.layers[0]!.bytes).toBe(WORDS * 2 * 4)
  expect(summary.workspaceBytes).toBeLessThan(1500)
  expect(summary.layers.map(({ op, kind }) => [op, kind])).toEqual([
    ['Gather', 'binary'],
    ['Conv', 'binary'],
    ['Conv', 'binary'],
    ['Gemm', 'float'],
  ])
  const onnxruntime = await openOnnxruntime(bytes)
  if (typeof onnxruntime === 'string') throw new Error(onnxruntime)
  const result = await verifyModel(bytes, {
    name: 'text',
    backend: c,
    runner: createCRunner(),
    feeds: graph => [1, 2, 3].map(seed => makeFeeds(graph, seed)),
    references: [onnxruntime],
    tolerance: 1e-5,
  })
  expect(result.faults).toEqual([])
  expect(result.layers.filter(({ wrong }) => wrong > 0)).toEqual([])
  expect(new Set(result.outputs.map(({ verdict }) => verdict))).toEqual(new Set(['equal']))
}

describe.skipIf(!hasCompiler('gcc'))(
  'text networks as exporters write them: compiled to bits, equal to onnxruntime',
  { timeout: 180_000 },
  () => {
    const kernels = () => ({ w3: signs([FILTERS, WIDTH, 3]), w4: signs([FILTERS, WIDTH, 4]) })

    test.each(Object.keys(overTime))('rank 3, %s', async name => {
      const maximum = overTime[name]!
      const nodes = [3, 4].flatMap(k => [
        ...conv('signs', k, `conv${k}`, { kernel_shape: [k] }),
        ...maximum(`conv${k}`, LENGTH - k + 1, `max${k}`),
      ])
      await check(network([...rank3, ...nodes, ...ends(['max3', 'max4'])], kernels(), { opset: 13 }))
    })

    test('padded by 1 on both sides, stride 2', async () => {
      const nodes = [3, 4].flatMap(k => [
        ...conv('signs', k, `conv${k}`, { kernel_shape: [k], pads: [1, 1], strides: [2] }),
        ...overTime['ReduceMax, axis gone']!(`conv${k}`, 0, `max${k}`),
      ])
      await check(network([...rank3, ...nodes, ...ends(['max3', 'max4'])], kernels(), { opset: 13 }))
    })

    test('rank 4: a filter spans whole words, Squeeze, MaxPool over time', async () => {
      const wide = { w3: signs([FILTERS, 1, 3, WIDTH]), w4: signs([FILTERS, 1, 4, WIDTH]) }
      const nodes = [3, 4].flatMap(k => [
        ...conv('image', k, `conv${k}`),
        node('Squeeze', [`conv${k}`, 'axis3'], `map${k}`),
        ...overTime['MaxPool over all of it and Squeeze']!(`map${k}`, LENGTH - k + 1, `max${k}`),
      ])
      await check(network([...asImage, ...nodes, ...ends(['max3', 'max4'])], wide, { opset: 13 }))
    })

    test('rank 4 with one axis of time, as TensorFlow exports it', async () => {
      const tall = { w3: signs([FILTERS, WIDTH, 1, 3]), w4: signs([FILTERS, WIDTH, 1, 4]) }
      const nodes = [
        node('Unsqueeze', ['signs', 'axis2'], 'row'),
        ...[3, 4].flatMap(k => [
          ...conv('row', k, `conv${k}`),
          node('Squeeze', [`conv${k}`, 'axis2'], `map${k}`),
          ...overTime['time in the middle']!(`map${k}`, 0, `max${k}`),
        ]),
      ]
      await check(network([...rank3, ...nodes, ...ends(['max3', 'max4'])], tall, { opset: 13 }))
    })
  },
)
