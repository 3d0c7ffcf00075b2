import { describe, expect, test } from 'vitest'
import { readModel } from '../../src/frontend/index.ts'
import { topological } from '../../src/ir/graph.ts'
import { f32, i32 } from '../../src/ir/tensor.ts'
import { evaluate } from '../evaluate.ts'
import { count, model, nodeModel } from '../onnx.ts'

const list = (...values: readonly number[]) => i32([values.length], values)

describe('shapes are constants', () => {
  test('the flatten of TorchScript: Shape, Gather, Unsqueeze, Concat, Reshape', async () => {
    const nodes = [
      { op: 'Shape', in: ['x'], out: ['shape'] },
      { op: 'Gather', in: ['shape', 'zero'], out: ['n'] },
      { op: 'Unsqueeze', in: ['n', 'axes'], out: ['ns'] },
      { op: 'Concat', in: ['ns', 'minus', 'none'], out: ['target'], attrs: { axis: 0 } },
      { op: 'Reshape', in: ['x', 'target'], out: ['y'] },
    ]
    const initializers = { zero: i32([], [0]), axes: list(0), minus: list(-1), none: list() }
    const { graph } = await readModel(
      model({ inputs: { x: 'float[N,2,3]' }, outputs: { y: 'float' }, nodes, initializers }),
    )
    expect(graph.outputs[0]!.node.type.shape).toEqual([1, 6])
    expect(topological(graph).map(node => node.op)).toEqual(['input', 'reshape'])
  })
  test('their arithmetic is exact, and division cuts towards zero', async () => {
    const nodes = [
      { op: 'Shape', in: ['x'], out: ['shape'], attrs: { start: -2 } },
      { op: 'Div', in: ['shape', 'two'], out: ['half'] },
      { op: 'Mul', in: ['half', 'minus'], out: ['m'] },
      { op: 'Div', in: ['m', 'two'], out: ['q'] },
      { op: 'Cast', in: ['q'], out: ['y'], attrs: { to: 1 } },
    ]
    const bytes = model({
      inputs: { x: 'float[1,7,10]' },
      outputs: { y: 'float' },
      nodes,
      initializers: { two: i32([], [2]), minus: i32([], [-1]) },
    })
    expect(await evaluate(bytes, { x: count([1, 7, 10]) })).toEqual([-1, -2])
  })
  test('integers beyond 32 bits are refused', async () => {
    const nodes = [
      { op: 'Add', in: ['big', 'big'], out: ['s'] },
      { op: 'Cast', in: ['s'], out: ['y'], attrs: { to: 1 } },
    ]
    await expect(
      readModel(model({ outputs: { y: 'float' }, nodes, initializers: { big: list(2 ** 30) } })),
    ).rejects.toThrow('computes integers beyond 32 bits')
  })
  test('Size, Range, NonZero, ReduceProd, ConstantOfShape', async () => {
    const constant = async (op: string, inputs: Parameters<typeof model>[0]['initializers'], attrs = {}) =>
      evaluate(
        model({
          outputs: { y: 'float' },
          nodes: [
            { op, in: Object.keys(inputs ?? {}), out: ['r'], attrs },
            { op: 'Cast', in: ['r'], out: ['y'], attrs: { to: 1 } },
          ],
          initializers: inputs ?? {},
        }),
      )
    expect(await constant('Size', { x: count([2, 3]) })).toEqual([6])
    expect(await constant('Range', { a: i32([], [3]), b: i32([], [-4]), c: i32([], [-3]) })).toEqual([3, 0, -3])
    expect(await constant('NonZero', { x: f32([2, 2], [0, 1, 1, 0]) })).toEqual([0, 1, 1, 0])
    expect(await constant('ReduceProd', { x: list(2, 3, 4) })).toEqual([24])
    expect(await constant('ConstantOfShape', { s: list(2) })).toEqual([0, 0])
    expect(await constant('ConstantOfShape', { s: list(2) }, { value: f32([1], [3]) })).toEqual([3, 3])
  })
})

describe('weights are constants however they are written', () => {
  const conv = { op: 'Conv', in: ['x', 'v'], out: ['y'] }
  const w = f32([2, 1, 1, 2], [1, -3, -0.5, 0.25])
  const weightsOf = async (
    nodes: Parameters<typeof model>[0]['nodes'],
    initializers: Parameters<typeof model>[0]['initializers'],
  ) => {
    const { graph } = await readModel(
      model({
        inputs: { x: 'float[1,1,1,2]' },
        outputs: { y: 'float' },
        nodes: [...nodes, conv],
        initializers: { w, ...initializers },
      }),
    )
    const weights = topological(graph).find(node => node.op === 'conv2d')!.operands[1]
    return weights.op === 'constant'
      ? { shape: weights.type.shape, values: [...(weights.attrs.value.values as Float32Array)] }
      : undefined
  }

  test('alpha · Sign(W), alpha = mean |W|', async () => {
    const nodes = [
      { op: 'Abs', in: ['w'], out: ['a'] },
      { op: 'ReduceMean', in: ['a'], out: ['alpha'], attrs: { axes: [1, 2, 3] } },
      { op: 'Sign', in: ['w'], out: ['s'] },
      { op: 'Mul', in: ['alpha', 's'], out: ['v'] },
    ]
    expect(await weightsOf(nodes, {})).toEqual({ shape: [2, 1, 2, 1], values: [2, -2, -0.375, 0.375] })
  })
  test('Where(W >= 0, 1, -1)', async () => {
    const nodes = [
      { op: 'GreaterOrEqual', in: ['w', 'zero'], out: ['g'] },
      { op: 'Where', in: ['g', 'one', 'minus'], out: ['v'] },
    ]
    const initializers = { zero: f32([], [0]), one: f32([], [1]), minus: f32([], [-1]) }
    expect(await weightsOf(nodes, initializers)).toEqual({ shape: [2, 1, 2, 1], values: [1, -1, -1, 1] })
  })
  test('Identity of an initializer', async () => {
    expect((await weightsOf([{ op: 'Identity', in: ['w'], out: ['v'] }], {}))!.values).toEqual([1, -3, -0.5, 0.25])
  })
})

describe('every form of Constant', () => {
  test.each([
    ['value', { value: f32([2], [1, 2]) }, [1, 2]],
    ['value_float', { value_float: { float: 3 } }, [3]],
    ['value_floats', { value_floats: { floats: [1, 0.5] } }, [1, 0.5]],
  ] as const)('%s', async (_, attrs, values) => {
    expect(await evaluate(nodeModel('Constant', {}, attrs))).toEqual(values)
  })
  test.each([
    ['value_int', { value_int: 3 }, [3]],
    ['value_ints', { value_ints: [1, -2] }, [1, -2]],
  ] as const)('%s', async (_, attrs, values) => {
    expect(await evaluate(nodeModel('Constant', {}, attrs, { outputs: { out: 'int32' } }))).toEqual(values)
  })
})
