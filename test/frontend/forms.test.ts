import { describe, expect, test } from 'vitest'
import { readModel } from '../../src/frontend/index.ts'
import { topological } from '../../src/ir/graph.ts'
import { f32 } from '../../src/ir/tensor.ts'
import { evaluate } from '../evaluate.ts'
import { count, model, nodeModel } from '../onnx.ts'

describe('sizes that the file leaves open', () => {
  const bytes = nodeModel('Relu', { x: 'float[N,T,2]' })
  const shapeOf = async (file: Uint8Array, options: Parameters<typeof readModel>[1]) =>
    (await readModel(file, options)).graph.inputs[0]!.type.shape

  test('the batch is 1, or as asked for', async () => {
    expect(await shapeOf(nodeModel('Relu', { x: 'float[N,2]' }), {})).toEqual([1, 2])
    expect(await shapeOf(nodeModel('Relu', { x: 'float[?,2]' }), { batch: 8 })).toEqual([8, 2])
    expect(await shapeOf(nodeModel('Relu', { x: 'float[-1,2]' }), {})).toEqual([1, 2])
    expect(await shapeOf(nodeModel('Relu', { x: 'float[4,2]' }), { batch: 8 })).toEqual([8, 2])
  })
  test('others by name', async () => {
    expect(await shapeOf(bytes, { sizes: { T: 5 } })).toEqual([1, 5, 2])
    expect(await shapeOf(bytes, { batch: 3, sizes: { N: 3, T: 5 } })).toEqual([3, 5, 2])
  })
})

describe('the oldest opset', () => {
  test('Add broadcasts from an axis', async () => {
    const bytes = nodeModel(
      'Add',
      { x: 'float[2,2]' },
      { broadcast: 1, axis: 0 },
      { opset: 6, initializers: { y: f32([2], [10, 20]) } },
    )
    expect(await evaluate(bytes, { x: count([2, 2]) })).toEqual([10, 11, 22, 23])
  })
  test('slopes of PRelu are those of channels', async () => {
    const bytes = nodeModel('PRelu', { x: 'float[1,2,2]' }, {}, { opset: 6, initializers: { s: f32([2], [10, 100]) } })
    expect(await evaluate(bytes, { x: count([1, 2, 2], -4) })).toEqual([-40, -30, -200, -100])
  })
  test('BatchNormalization says that it does not train', async () => {
    const initializers = { s: f32([1], [2]), b: f32([1], [1]), m: f32([1], [3]), v: f32([1], [4]) }
    const attrs = { is_test: 1, epsilon: { float: 0 } }
    expect(
      await evaluate(nodeModel('BatchNormalization', { x: 'float[1,1]' }, attrs, { opset: 6, initializers }), {
        x: f32([1, 1], [7]),
      }),
    ).toEqual([5])
    await expect(
      readModel(nodeModel('BatchNormalization', { x: 'float[1,1]' }, {}, { opset: 6, initializers })),
    ).rejects.toThrow('is in training mode')
  })
})

describe('batch normalisation in the f32 steps of onnxruntime', () => {
  test('scale = (1 / sqrt(var + eps)) · gain, shift = bias − mean · scale', async () => {
    const [gain, bias, mean, variance, x] = [1.3, 0.7, 0.31, 0.9, 1.7].map(Math.fround) as [
      number,
      number,
      number,
      number,
      number,
    ]
    const f = Math.fround
    const scale = f(f(1 / f(Math.sqrt(f(variance + f(1e-5))))) * gain)
    const shift = f(bias - f(mean * scale))
    const vector = (value: number) => f32([1], [value])
    const initializers = { s: vector(gain), b: vector(bias), m: vector(mean), v: vector(variance) }
    const bytes = nodeModel('BatchNormalization', { x: 'float[1,1]' }, {}, { initializers })
    expect(await evaluate(bytes, { x: f32([1, 1], [x]) })).toEqual([f(f(x * scale) + shift)])
  })
  test('its constants fold', async () => {
    const vector = count([2], 1)
    const bytes = nodeModel(
      'BatchNormalization',
      { x: 'float[1,2,3,3]' },
      {},
      { initializers: { s: vector, b: vector, m: vector, v: vector } },
    )
    const { graph } = await readModel(bytes)
    expect(
      topological(graph)
        .map(node => node.op)
        .sort(),
    ).toEqual(['constant', 'constant', 'input', 'map'])
  })
})

test('inputs that are initializers are none', async () => {
  const bytes = nodeModel(
    'Add',
    { x: 'float[2]', y: 'float[2]' },
    {},
    { in: ['x', 'y'], ir: 3, initializers: { y: f32([2], [1, 2]) } },
  )
  const { graph } = await readModel(bytes)
  expect(graph.inputs.map(node => node.attrs.name)).toEqual(['x'])
})

test('an unnamed node is named by its first output', async () => {
  const bytes = model({
    inputs: { x: 'float[1]' },
    outputs: { y: 'float' },
    nodes: [{ op: 'Relu', in: ['x'], out: ['y'] }],
  })
  expect((await readModel(bytes)).graph.outputs[0]!.node.origin).toEqual(['y'])
})

test('half and double precision are computed in single precision, with a warning', async () => {
  const { graph, warnings } = await readModel(nodeModel('Relu', { x: 'float16[2]' }))
  expect(graph.inputs[0]!.type.dtype).toBe('f32')
  expect(warnings.map(({ code, message }) => [code, message])).toEqual([
    ['computed-in-f32', "input 'x' is float16; it is computed in single precision."],
  ])
})

test('an output of another shape than declared is told', async () => {
  const outputs = { out: 'float[N,5]' }
  const { warnings } = await readModel(nodeModel('Flatten', { x: 'float[1,2,3]' }, {}, { outputs }))
  expect(warnings.map(({ code, message }) => [code, message])).toEqual([
    ['shape-differs', "The output 'out' is declared with shape [N,5], but it has shape [1,6]."],
  ])
})

test('Sign keeps its zero', async () => {
  expect(await evaluate(nodeModel('Sign', { x: 'float[3]' }), { x: f32([3], [-2, 0, 3]) })).toEqual([-1, 0, 1])
})
