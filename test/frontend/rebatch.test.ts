import { describe, expect, test } from 'vitest'
import { readModel } from '../../src/frontend/index.ts'
import { CompileError } from '../../src/ir/diagnostic.ts'
import { interpret } from '../../src/ir/interpret.ts'
import { allocate, elements, f32, i32, numbersOf, type Tensor } from '../../src/ir/tensor.ts'
import { verify } from '../../src/ir/verify.ts'
import { runPasses } from '../../src/passes/pass.ts'
import { pipeline } from '../../src/passes/pipeline.ts'
import { type ModelSpec, model, node } from '../onnx.ts'
import { runOnnxruntime } from '../onnxruntime.ts'
import { randomTensor } from '../random.ts'
import { isMissing, readShared } from '../shared.ts'

type Network = Pick<ModelSpec, 'nodes' | 'initializers' | 'opset'> & {
  /** Of one sample; the batch stands before. */
  readonly sample: readonly number[]
  readonly type?: 'float' | 'int64'
}

const random = (...shape: number[]): Tensor => randomTensor({ dtype: 'f32', shape }, shape.length)
const list = (...values: number[]): Tensor => i32([values.length], values)

/** Networks whose file fixes the batch, with the shapes that exporters bake into them. */
const networks: Readonly<Record<string, (batch: number) => Network>> = {
  'a reshape to [batch, -1]': batch => ({
    sample: [3, 6, 6],
    nodes: [
      node('Conv', ['x', 'w'], 'c'),
      node('Sign', ['c'], 'g'),
      node('Conv', ['g', 'v'], 'd'),
      node('Reshape', ['d', 'shape'], 'r'),
      node('Gemm', ['r', 'm'], 'y'),
    ],
    initializers: { w: random(4, 3, 3, 3), v: random(2, 4, 3, 3), shape: list(batch, -1), m: random(8, 5) },
  }),
  'a reshape to [-1, elements] and a pool': () => ({
    sample: [2, 4, 4],
    nodes: [
      node('AveragePool', ['x'], 'p', { kernel_shape: [2, 2], strides: [2, 2] }),
      node('Reshape', ['p', 'shape'], 'y'),
    ],
    initializers: { shape: list(-1, 8) },
  }),
  'rows of all samples at once': batch => ({
    sample: [3, 4],
    nodes: [
      node('Reshape', ['x', 'rows'], 'r'),
      node('MatMul', ['r', 'm'], 'p'),
      node('Relu', ['p'], 'q'),
      node('Reshape', ['q', 'back'], 'y'),
    ],
    initializers: { rows: list(batch * 3, 4), m: random(4, 5), back: list(batch, 3, 5) },
  }),
  'a normalisation, a softmax and a mean within samples': batch => ({
    sample: [3, 8],
    nodes: [
      node('ReduceMean', ['x'], 'm', { axes: [-1] }),
      node('Sub', ['x', 'm'], 'd'),
      node('Softmax', ['d'], 's', { axis: -1 }),
      node('Transpose', ['s'], 't', { perm: [2, 0, 1] }),
      node('Reshape', ['t', 'shape'], 'u'),
      node('Transpose', ['u'], 'v', { perm: [1, 0] }),
      node('Reshape', ['v', 'back'], 'y'),
    ],
    initializers: { shape: list(8, batch * 3), back: list(batch, 3, 8) },
  }),
  'constants of the size of the batch': batch => ({
    sample: [3, 4],
    nodes: [
      node('Add', ['x', 'ones'], 'a'),
      node('Concat', ['token', 'a'], 'b', { axis: 1 }),
      node('Pad', ['b', 'pads'], 'c'),
      node('Slice', ['c', 'starts', 'ends', 'axes'], 'y'),
    ],
    initializers: {
      ones: f32([batch, 3, 4], new Float32Array(batch * 12).fill(0.5)),
      token: f32(
        [batch, 1, 4],
        Array.from({ length: batch * 4 }, (_, i) => i % 4),
      ),
      pads: list(0, 1, 0, 0, 0, 2),
      starts: list(1),
      ends: list(4),
      axes: list(2),
    },
  }),
  'a lookup in a table': batch => ({
    sample: [5],
    type: 'int64',
    nodes: [
      node('Gather', ['table', 'x'], 'g'),
      node('ReduceMax', ['g'], 'm', { axes: [1], keepdims: 0 }),
      node('Reshape', ['m', 'shape'], 'y'),
    ],
    initializers: { table: random(4, 6), shape: list(batch, 2, 3) },
  }),
}

const bytesOf = ({ sample, type = 'float', ...network }: Network, batch: number): Uint8Array =>
  model({ opset: 13, ...network, inputs: { x: `${type}[${[batch, ...sample]}]` }, outputs: { y: 'float' } })

function feedOf({ sample, type }: Network, batch: number): Tensor {
  const shape = [batch, ...sample]
  if (type !== 'int64') return randomTensor({ dtype: 'f32', shape }, 5)
  return { dtype: 'i64', shape, values: BigInt64Array.from({ length: elements(shape) }, (_, i) => BigInt((i * 7) % 4)) }
}

/** Samples `first` to `first + count` of a value that begins with its batch. */
function samplesOf({ dtype, shape, values }: Tensor, first: number, count: number): Tensor {
  const size = elements(shape.slice(1))
  const part = allocate(dtype, size * count)
  part.set(values.subarray(first * size, (first + count) * size) as never)
  return { dtype, shape: [count, ...shape.slice(1)], values: part }
}

/** Every `to` samples of a large batch, in the graph of that batch, against onnxruntime on the file as it is. */
async function expectSamplesAlike(bytes: Uint8Array, all: Tensor, from: number, to: number): Promise<void> {
  const { graph } = await readModel(bytes, { batch: to })
  verify(graph)
  expect(graph.inputs[0]!.type.shape[0]).toBe(to)
  const total = all.shape[0]!
  const expected: number[] = []
  for (let first = 0; first < total; first += from) {
    const outputs = await runOnnxruntime(bytes, new Map([['x', samplesOf(all, first, from)]]))
    expected.push(...[...outputs.values()][0]!.values)
  }
  for (const each of [graph, runPasses(graph, pipeline, { weights: 'exact' }).graph]) {
    const actual: number[] = []
    for (let first = 0; first < total; first += to) {
      const [output] = [...interpret(each, new Map([['x', samplesOf(all, first, to)]])).values()]
      expect(output!.shape[0]).toBe(to)
      actual.push(...numbersOf(output!))
    }
    expect(actual).toHaveLength(expected.length)
    for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i]!, 4)
  }
}

describe.each(Object.keys(networks))('another batch than the file has: %s', name => {
  test.each([
    [4, 1],
    [4, 2],
    [2, 6],
    [1, 3],
    [6, 4],
  ])('%d samples become %d', async (from, to) => {
    const network = networks[name]!(from)
    await expectSamplesAlike(bytesOf(network, from), feedOf(network, 12), from, to)
  })

  test('without the option it is as the file says', async () => {
    const { graph } = await readModel(bytesOf(networks[name]!(4), 4))
    expect(graph.inputs[0]!.type.shape[0]).toBe(4)
  })
})

describe('where the graph does not allow it', () => {
  const cases: Readonly<
    Record<string, readonly [nodes: Network['nodes'], initializers: Network['initializers'], what: string]>
  > = {
    'a softmax over the batch': [[node('Softmax', ['x'], 'y', { axis: 0 })], {}, "'y' reduces over the samples"],
    'a mean over the batch': [
      [node('ReduceMean', ['x'], 'm', { axes: [0], keepdims: 1 }), node('Sub', ['x', 'm'], 'y')],
      {},
      "'m' reduces over the samples",
    ],
    'samples joined': [[node('Concat', ['x', 'x'], 'y', { axis: 0 })], {}, "'y' joins values along the batch"],
    'one sample taken': [
      [node('Slice', ['x', 'from', 'to', 'axis'], 'y')],
      { from: list(0), to: list(1), axis: list(0) },
      "'y' takes some samples of the batch",
    ],
    'a constant for every sample': [
      [node('Add', ['x', 'c'], 'y')],
      { c: random(4, 6) },
      "'y' reads a constant that is another for every sample",
    ],
    'samples in one axis with others': [
      [node('Transpose', ['x'], 't', { perm: [1, 0] }), node('Reshape', ['t', 'shape'], 'y')],
      { shape: list(24) },
      "'y' reshapes [6,4] to [24], which mixes the samples",
    ],
    'a batch that is cut otherwise': [
      [node('Reshape', ['x', 'shape'], 'y')],
      { shape: list(3, 8) },
      "'y' reshapes [4,6] to [3,8], which mixes the samples",
    ],
    'an output without an axis for the batch': [
      [node('Reshape', ['x', 'shape'], 'y')],
      { shape: list(24) },
      "'y' gives the output 'y' no axis for the batch alone",
    ],
    'samples against each other': [
      [node('Transpose', ['x'], 't', { perm: [1, 0] }), node('Pad', ['t', 'pads'], 'p'), node('Add', ['p', 'w'], 'y')],
      { pads: list(0, 1, 0, 0), w: random(6, 5) },
      "'p' pads the batch",
    ],
  }
  test.each(Object.entries(cases))('%s', async (_, [nodes, initializers, what]) => {
    const bytes = bytesOf({ sample: [6], nodes, initializers: initializers ?? {} }, 4)
    await expect(readModel(bytes)).resolves.toBeDefined()
    await expect(readModel(bytes, { batch: 4 })).resolves.toBeDefined()
    for (const batch of [1, 8]) {
      const error = await readModel(bytes, { batch }).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(CompileError)
      expect((error as CompileError).diagnostics.map(({ code }) => code)).toEqual(['fixed-batch'])
      expect((error as CompileError).message).toContain(what)
    }
  })

  test('inputs with different numbers of samples', async () => {
    const nodes = [node('Add', ['x', 'b'], 'y')]
    const bytes = model({ inputs: { x: 'float[4,6]', b: 'float[6]' }, outputs: { y: 'float' }, nodes })
    await expect(readModel(bytes, { batch: 1 })).rejects.toThrow("input 'b' has 6 samples, another 4")
  })

  test('a batch that would be ignored', async () => {
    const open = model({ inputs: { x: 'float[N,2]' }, outputs: { y: 'float' }, nodes: [node('Relu', ['x'], 'y')] })
    await expect(readModel(open, { batch: 8, sizes: { N: 3 } })).rejects.toThrow('8 is not what --size makes')
    const scalar = model({ inputs: { x: 'float[]' }, outputs: { y: 'float' }, nodes: [node('Relu', ['x'], 'y')] })
    await expect(readModel(scalar, { batch: 8 })).rejects.toThrow('no input has an axis for it')
  })
})

const exported = 'field/30-fixed-batch-64.onnx'
describe.skipIf(isMissing(exported))('an exported file with a batch of 64', () => {
  test('with a batch of 1 its first images are what onnxruntime makes of them', async () => {
    const dyadic = randomTensor({ dtype: 'f32', shape: [64, 3, 8, 8] }, 3)
    for (let i = 0; i < dyadic.values.length; i++)
      dyadic.values[i] = (2 * Math.round(Number(dyadic.values[i]) * 32) + 1) / 64
    await expectSamplesAlike(readShared(exported), dyadic, 64, 1)
  })
})
