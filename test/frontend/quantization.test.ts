import { describe, expect, test } from 'vitest'
import { f32, i32 } from '../../src/ir/tensor.ts'
import { evaluate } from '../evaluate.ts'
import { count, type ModelSpec, model, type NodeSpec, node, nodeModel } from '../onnx.ts'
import { runOnnxruntime } from '../onnxruntime.ts'

const domain = 'qonnx.custom_op.general'
const run = (
  op: string,
  x: readonly number[],
  attrs: NodeSpec['attrs'],
  initializers: ModelSpec['initializers'],
  of = domain,
) =>
  evaluate(
    nodeModel(op, { x: `float[1,${x.length}]` }, attrs, {
      initializers: initializers ?? {},
      domain: of,
      domains: { [of]: 1 },
    }),
    { x: f32([1, x.length], x) },
  )

test.each([
  domain,
  'finn.custom_op.general',
  'finn',
  'onnx.brevitas',
])('BipolarQuant of %s: 0 counts as positive', async of => {
  expect(await run('BipolarQuant', [-2, -0, 0, 0.1], {}, { s: f32([], [0.5]) }, of)).toEqual([-0.5, 0.5, 0.5, 0.5])
})

test('BipolarQuant per channel', async () => {
  expect(await run('BipolarQuant', [-2, 3], {}, { s: f32([1, 2], [0.5, 4]) })).toEqual([-0.5, 4])
})

describe('Quant', () => {
  const quant = (x: readonly number[], width: number, attrs: NodeSpec['attrs'], scale = 0.5, zero = 0) =>
    run('Quant', x, attrs, { s: f32([], [scale]), z: f32([], [zero]), w: f32([], [width]) })

  test('1 bit signed is bipolar', async () => {
    expect(await quant([-3, -0.1, 0, 3], 1, { signed: 1, narrow: 1 })).toEqual([-0.5, -0.5, 0.5, 0.5])
  })
  test('1 bit unsigned is 0 and 1', async () => {
    // x / 0.5 clamped to [0, 1], halves to even.
    expect(await quant([-3, 0.2, 0.25, 0.3, 3], 1, { signed: 0, narrow: 0 })).toEqual([0, 0, 0, 0.5, 0.5])
  })
  test('3 bits signed', async () => {
    expect(await quant([-9, -0.75, 0.2, 9], 3, { signed: 1, narrow: 0 }, 1)).toEqual([-4, -1, 0, 3])
    expect(await quant([-9, 9], 3, { signed: 1, narrow: 1 }, 1)).toEqual([-3, 3])
  })
  test('zero point and rounding', async () => {
    // (x / 0.5 + 1) rounded down and clamped to [0, 3], less 1, times 0.5.
    expect(await quant([-1, 0.3, 0.9, 5], 2, { signed: 0, narrow: 0, rounding_mode: 'FLOOR' }, 0.5, 1)).toEqual([
      -0.5, 0, 0.5, 1,
    ])
  })
  test('a zero point and a bit width that are integers', async () => {
    const integer = (value: number): ModelSpec['initializers'] => ({
      s: f32([], [0.5]),
      z: i32([], [value]),
      w: i32([], [2]),
    })
    const attrs = { signed: 0, narrow: 0, rounding_mode: 'FLOOR' }
    expect(await run('Quant', [-1, 0.3, 0.9, 5], attrs, integer(1))).toEqual([-0.5, 0, 0.5, 1])
  })
  test('other rounding modes are refused', async () => {
    await expect(quant([1], 2, { rounding_mode: 'HALF_UP' })).rejects.toThrow(
      'has rounding_mode=HALF_UP; supported: ROUND, CEIL, FLOOR.',
    )
  })
})

describe('MultiThreshold', () => {
  test('counts the thresholds reached, per channel', async () => {
    const thresholds = f32([2, 3], [0, 1, 2, -1, 0, 5])
    expect(await run('MultiThreshold', [1, 0], { out_dtype: 'UINT2' }, { t: thresholds })).toEqual([2, 2])
  })
  test('one threshold with scale and bias is bipolar', async () => {
    const attrs = { out_dtype: 'BIPOLAR', out_scale: { float: 2 }, out_bias: { float: -1 } }
    expect(await run('MultiThreshold', [0.5, 0.4, -3], attrs, { t: f32([1, 1], [0.5]) })).toEqual([1, -1, -1])
  })
  test('channels last', async () => {
    const bytes = nodeModel(
      'MultiThreshold',
      { x: 'float[1,1,2,2]' },
      { data_layout: 'NHWC', out_dtype: 'UINT1' },
      {
        initializers: { t: f32([2, 1], [0, 10]) },
        domain,
      },
    )
    expect(await evaluate(bytes, { x: f32([1, 1, 2, 2], [5, 5, -5, 15]) })).toEqual([1, 0, 0, 1])
  })
})

test.each([domain, 'finn'])('XnorPopcountMatMul of %s counts equal pairs', async of => {
  // Rows 1011 and 0010 against columns 1101 and 0000.
  const weights = f32([4, 2], [1, 0, 1, 0, 0, 0, 1, 0])
  const bytes = nodeModel(
    'XnorPopcountMatMul',
    { x: 'float[2,4]' },
    {},
    { initializers: { weights }, domain: of, domains: { [of]: 1 } },
  )
  expect(await evaluate(bytes, { x: f32([2, 4], [1, 0, 1, 1, 0, 0, 1, 0]) })).toEqual([2, 1, 0, 3])
})

describe('channels last', () => {
  const last = 'qonnx.custom_op.channels_last'
  const scale = count([2], 1)
  const parameters = { s: scale, b: scale, m: scale, v: scale }
  test.each([
    ['Conv', { pads: [1, 0, 1, 0], strides: [2, 1] }, { w: count([3, 2, 3, 2], -9) }],
    ['MaxPool', { kernel_shape: [2, 3], strides: [1, 2] }, {}],
    ['AveragePool', { kernel_shape: [2, 2] }, {}],
    ['BatchNormalization', { epsilon: 0.5 }, parameters],
  ])('%s', async (op, attrs, initializers: NonNullable<ModelSpec['initializers']>) => {
    const inputs = { x: 'float[1,4,5,2]' }
    const plain = model({
      inputs,
      outputs: { y: 'float' },
      nodes: [
        node('Transpose', ['x'], 'first', { perm: [0, 3, 1, 2] }),
        node(op, ['first', ...Object.keys(initializers)], 'z', attrs),
        node('Transpose', ['z'], 'y', { perm: [0, 2, 3, 1] }),
      ],
      initializers,
    })
    const x = count([1, 4, 5, 2], -17)
    const expected = (await runOnnxruntime(plain, new Map([['x', x]]))).get('y')!.values
    const actual = await evaluate(
      nodeModel(op, inputs, attrs, { initializers, domain: last, domains: { [last]: 1 } }),
      { x },
    )
    actual.forEach((value, k) => void expect(value).toBeCloseTo(expected[k]!, 4))
    expect(actual).toHaveLength(expected.length)
  })
})

test('FakeQuantize with two levels', async () => {
  const bounds = { il: f32([], [-1]), ih: f32([], [1]), ol: f32([], [-0.5]), oh: f32([], [0.5]) }
  expect(await run('FakeQuantize', [-3, -0.5, 0.5, 3], { levels: 2 }, bounds, 'org.openvinotoolkit')).toEqual([
    -0.5, -0.5, 0.5, 0.5,
  ])
})
