import { f32 } from '../../../src/ir/tensor.ts'
import { model, node, type TypeName, types } from '../../onnx.ts'
import { given, type Operator, one, output, random } from './operator.ts'

const floats = (...values: readonly number[]) => f32(values.length === 1 ? [] : [values.length], values)
/** Small integers of an 8-bit type, all of its values in turn. */
const bytes = (type: 'int8' | 'uint8', ...dims: readonly number[]) => ({
  type,
  dims,
  ints: Array.from(
    { length: dims.reduce((a, b) => a * b, 1) },
    (_, k) => ((k * 89) % 256) - (type === 'int8' ? 128 : 0),
  ),
})
const points = (type: TypeName, ...ints: readonly number[]) => ({
  type,
  dims: ints.length === 1 ? [] : [ints.length],
  ints,
})
const noZeroPoint = { type: 'int32', dims: [], ints: [0] } as const

export const quantizers: readonly Operator[] = [
  ...(['int8', 'uint8'] as const).flatMap(type => [
    one(
      'QuantizeLinear',
      { x: 'float[3,40]' },
      {},
      given({ s: floats(0.0078125), z: points(type, 5) }, { ...output(type), opset: 10 }),
    ),
    one('DequantizeLinear', { x: `${type}[3,40]` }, {}, given({ s: floats(0.25), z: points(type, 5) })),
    one(
      'QuantizeLinear',
      { x: 'float[2,3,4,5]' },
      {},
      given({ s: floats(0.0078125, 0.015625, 0.5), z: points(type, 1, 2, 3) }, output(type)),
    ),
    one(
      'DequantizeLinear',
      { x: `${type}[2,3,4,5]` },
      { axis: -3 },
      given({ s: floats(0.25, 0.5, 1.5), z: points(type, 1, 2, 3) }),
    ),
    one(
      'DequantizeLinear',
      { x: `${type}[4,6]` },
      { axis: 1, block_size: 2 },
      given({ s: random(4, 3), z: bytes(type, 4, 3) }, { opset: 21 }),
    ),
  ]),
  one('QuantizeLinear', { x: 'float[3,40]' }, {}, given({ s: floats(0.0078125) }, output('uint8'))),
  one(
    'QuantizeLinear',
    { x: 'float[3,40]' },
    { output_dtype: types.int16 },
    given({ s: floats(1 / 65536) }, { ...output('int16'), opset: 21 }),
  ),
  one(
    'QuantizeLinear',
    { x: 'float[4,6]' },
    { axis: 0, block_size: 3 },
    given(
      {
        s: f32(
          [2, 6],
          Array.from({ length: 12 }, (_, k) => 2 ** -(k % 7)),
        ),
      },
      { ...output('uint8'), opset: 21 },
    ),
  ),
  one('DequantizeLinear', { x: 'int32[3,40]' }, {}, given({ s: floats(0.25), z: noZeroPoint })),
  {
    name: 'DynamicQuantizeLinear',
    bytes: model({
      inputs: { x: 'float[3,40]' },
      outputs: { y: 'uint8', s: 'float', z: 'uint8' },
      nodes: [{ op: 'DynamicQuantizeLinear', in: ['x'], out: ['y', 's', 'z'] }],
    }),
  },
]

const image = { xs: floats(0.0625), xz: points('uint8', 120) }
const result = { ys: floats(0.5), yz: points('int8', -7) }
export const integerSums: readonly Operator[] = [
  one(
    'QLinearConv',
    { x: 'uint8[1,3,6,7]' },
    { pads: [1, 1, 1, 1], strides: [2, 1] },
    given(
      {
        ...image,
        w: bytes('int8', 4, 3, 3, 3),
        ws: floats(0.01),
        wz: points('int8', 0),
        ys: floats(0.5),
        yz: points('uint8', 128),
      },
      output('uint8'),
    ),
  ),
  one(
    'QLinearConv',
    { x: 'uint8[1,4,6,7]' },
    { group: 2 },
    given(
      {
        ...image,
        w: bytes('int8', 4, 2, 3, 3),
        ws: floats(0.01, 0.02, 0.03, 0.04),
        wz: points('int8', 0, 0, 0, 0),
        ys: floats(0.5),
        yz: points('uint8', 3),
        b: points('int32', 100, -2000, 30000, 4),
      },
      output('uint8'),
    ),
  ),
  one(
    'QLinearMatMul',
    { x: 'uint8[5,12]' },
    {},
    given(
      {
        ...image,
        w: bytes('int8', 12, 7),
        ws: floats(0.01),
        wz: points('int8', 3),
        ...{ ys: result.ys, yz: points('uint8', 100) },
      },
      output('uint8'),
    ),
  ),
  one(
    'MatMulInteger',
    { x: 'uint8[5,12]' },
    {},
    given({ w: bytes('int8', 12, 7), xz: image.xz, wz: points('int8', 1) }, output('int32')),
  ),
  one('MatMulInteger', { x: 'uint8[2,5,12]' }, {}, given({ w: bytes('uint8', 12, 7) }, output('int32'))),
  one(
    'ConvInteger',
    { x: 'uint8[1,2,6,7]' },
    { pads: [1, 0, 1, 0] },
    given({ w: bytes('uint8', 3, 2, 3, 3), xz: image.xz }, output('int32')),
  ),
  ...(['MatMulInteger', 'ConvInteger'] as const).map(op => ({
    name: `int32 products of ${op} wrap around, its sums are floats for a Cast`,
    bytes: model({
      inputs: { x: op === 'ConvInteger' ? 'uint8[1,12,3,2]' : 'uint8[5,12]' },
      outputs: { y: 'int32', f: 'float' },
      nodes: [
        node(op, ['x', 'w'], 'sums'),
        node('Cast', ['sums'], 'floats', { to: 1 }),
        node('Mul', ['floats', 'floats'], 'f'),
        node('Mul', ['sums', 'sums'], 'y'),
      ],
      initializers: { w: op === 'ConvInteger' ? bytes('uint8', 7, 12, 1, 1) : bytes('uint8', 12, 7) },
    }),
  })),
  {
    name: 'a dynamically quantized dense layer',
    bytes: model({
      inputs: { x: 'float[3,16]' },
      outputs: { y: 'float' },
      nodes: [
        { op: 'DynamicQuantizeLinear', in: ['x'], out: ['q', 's', 'z'] },
        node('MatMulInteger', ['q', 'w', 'z'], 'sums'),
        node('Cast', ['sums'], 'floats', { to: 1 }),
        node('Mul', ['floats', 's'], 'y'),
      ],
      initializers: { w: bytes('int8', 16, 5) },
    }),
  },
]
