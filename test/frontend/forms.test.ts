import { describe, expect, test } from 'vitest'
import { readModel } from '../../src/frontend/index.ts'
import { topological } from '../../src/ir/graph.ts'
import { bits, f32, i32 } from '../../src/ir/tensor.ts'
import { evaluate } from '../evaluate.ts'
import { count, model, nodeModel } from '../onnx.ts'

const list = (...values: readonly number[]) => i32([values.length], values)

describe('sizes that the file leaves open', () => {
  const bytes = nodeModel('Relu', { x: 'float[N,T,2]' })
  const shapeOf = async (file: Uint8Array, options: Parameters<typeof readModel>[1]) =>
    (await readModel(file, options)).graph.inputs[0]!.type.shape

  test('the batch is 1, or as asked for', async () => {
    expect(await shapeOf(nodeModel('Relu', { x: 'float[N,2]' }), {})).toEqual([1, 2])
    expect(await shapeOf(nodeModel('Relu', { x: 'float[?,2]' }), { batch: 8 })).toEqual([8, 2])
    expect(await shapeOf(nodeModel('Relu', { x: 'float[-1,2]' }), {})).toEqual([1, 2])
    expect(await shapeOf(nodeModel('Relu', { x: 'float[4,2]' }), { batch: 8 })).toEqual([4, 2])
  })
  test('others by name', async () => {
    expect(await shapeOf(bytes, { dimensions: { T: 5 } })).toEqual([1, 5, 2])
    expect(await shapeOf(bytes, { batch: 8, dimensions: { N: 3, T: 5 } })).toEqual([3, 5, 2])
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

describe('bool is 0 and 1', () => {
  const greater = { op: 'Greater', in: ['x', 'zero'], out: ['g'] }
  const inputs = { x: 'float[3]' }
  const initializers = { zero: f32([], [0]) }
  const x = f32([3], [-1, 0, 2])

  test('as float', async () => {
    const bytes = model({
      inputs,
      outputs: { y: 'float' },
      initializers,
      nodes: [greater, { op: 'Cast', in: ['g'], out: ['y'], attrs: { to: 1 } }],
    })
    expect(await evaluate(bytes, { x })).toEqual([0, 0, 1])
  })
  test('as integer', async () => {
    const bytes = model({
      inputs,
      outputs: { y: 'int32' },
      initializers,
      nodes: [greater, { op: 'Cast', in: ['g'], out: ['y'], attrs: { to: 6 } }],
    })
    expect(await evaluate(bytes, { x })).toEqual([0, 0, 1])
  })
  test('in logic and choice', async () => {
    const nodes = [
      greater,
      { op: 'Not', in: ['g'], out: ['n'] },
      { op: 'Xor', in: ['n', 't'], out: ['f'] },
      { op: 'Equal', in: ['f', 'g'], out: ['e'] },
      { op: 'And', in: ['e', 'g'], out: ['a'] },
      { op: 'Or', in: ['a', 'f'], out: ['o'] },
      { op: 'Where', in: ['o', 'x', 'minus'], out: ['y'] },
    ]
    const bytes = model({
      inputs,
      outputs: { y: 'float' },
      initializers: { ...initializers, minus: f32([1], [-7]), t: bits([1], [1]) },
      nodes,
    })
    expect(await evaluate(bytes, { x })).toEqual([-7, -7, 2])
  })
  test('expanded', async () => {
    const nodes = [greater, { op: 'Expand', in: ['g', 's'], out: ['y'] }]
    const bytes = model({ inputs, outputs: { y: 'bool' }, initializers: { ...initializers, s: list(2, 3) }, nodes })
    expect(await evaluate(bytes, { x })).toEqual([0, 0, 1, 0, 0, 1])
  })
})

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

describe('local functions', () => {
  const domain = 'local'
  const leaky = {
    name: 'Leaky',
    domain,
    in: ['x', 'shift'],
    out: ['y'],
    attributes: ['slope'],
    nodes: [
      { op: 'LeakyRelu', in: ['x'], out: ['l'], attrs: { alpha: { ref: 'slope' } }, name: 'inner' },
      { op: 'Clip', in: ['l', '', 'shift'], out: ['y'] },
    ],
  }
  const caller = (attrs: Record<string, number>, inputs = ['x', 'top']) =>
    model({
      inputs: { x: 'float[2]' },
      outputs: { y: 'float' },
      initializers: { top: f32([], [1.5]) },
      nodes: [{ op: 'Leaky', domain, in: inputs, out: ['y'], attrs, name: 'call' }],
      domains: { [domain]: 1 },
      functions: [leaky],
    })

  test('are inlined with their attributes', async () => {
    expect(await evaluate(caller({ slope: 0.5 }), { x: f32([2], [-4, 2]) })).toEqual([-2, 1.5])
  })
  test('take their own default for what is left out', async () => {
    expect(await evaluate(caller({}, ['x']), { x: f32([2], [-100, 2]) })).toEqual([-1, 2])
  })
  test('name their nodes after the caller', async () => {
    const { graph } = await readModel(caller({ slope: 0.5 }))
    const names = topological(graph).flatMap(node => node.origin)
    expect(names).toEqual(expect.arrayContaining(['call/inner', 'call/y']))
  })
  test('must not call themselves', async () => {
    const nodes = [{ op: 'Loop', domain, in: ['x'], out: ['y'] }]
    const bytes = model({
      inputs: { x: 'float[1]' },
      outputs: { y: 'float' },
      nodes,
      functions: [{ name: 'Loop', domain, in: ['x'], out: ['y'], nodes }],
    })
    await expect(readModel(bytes)).rejects.toThrow('calls itself')
  })
  test('defaults that the decoder drops are refused', async () => {
    const bytes = model({
      inputs: { x: 'float[1]' },
      outputs: { y: 'float' },
      nodes: [{ op: 'Leaky', domain, in: ['x'], out: ['y'] }],
      functions: [{ ...leaky, attributes: [] }],
    })
    await expect(readModel(bytes)).rejects.toThrow('calls a function with a default for its attribute slope')
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

test('Sign keeps its zero', async () => {
  expect(await evaluate(nodeModel('Sign', { x: 'float[3]' }), { x: f32([3], [-2, 0, 3]) })).toEqual([-1, 0, 1])
})
