import { f32 } from '../../src/ir/tensor.ts'
import { type ModelSpec, model, type NodeSpec, node, nodeModel, type TypeName, types } from '../onnx.ts'
import { randomTensor } from '../random.ts'

/** A network of one operator, computed in generated code. */
export interface Operator {
  readonly name: string
  readonly bytes: Uint8Array
  /** Relative; 1e-5 unless said otherwise. */
  readonly tolerance?: number
}

type Rest = Partial<ModelSpec> & {
  readonly in?: readonly string[]
  readonly domain?: string
  readonly tolerance?: number
}

const one = (
  op: string,
  inputs: Readonly<Record<string, string>>,
  attrs: NodeSpec['attrs'] = {},
  rest: Rest = {},
): Operator => ({
  name: `${op} of ${Object.values(inputs).join(', ')} ${JSON.stringify(attrs)}`,
  bytes: nodeModel(op, inputs, attrs, rest),
  ...(rest.tolerance ? { tolerance: rest.tolerance } : {}),
})

const output = (type: string) => ({ outputs: { out: type } })

const given = (initializers: NonNullable<ModelSpec['initializers']>, rest: Rest = {}): Rest => ({
  initializers,
  ...rest,
})

/** Integers of every size that an input may have, and bool. */
const integers: readonly Operator[] = [
  ...['int8', 'uint8', 'int32', 'int64', 'bool'].map(type => one('Cast', { x: `${type}[2,3,11]` }, { to: 1 })),
  ...['int8', 'uint8', 'int64'].map(type => one('Cast', { x: `${type}[2,37]` }, { to: 6 }, output('int32'))),
  ...['int8', 'int64'].map(type => one('Cast', { x: `${type}[2,37]` }, { to: 9 }, output('bool'))),
  ...['int8', 'uint8', 'int32', 'int64'].map(type =>
    one('Greater', { x: `${type}[2,37]`, y: `${type}[2,1]` }, {}, output('bool')),
  ),
  one('Add', { x: 'int64[2,37]', y: 'int64[37]' }, {}, output('int64')),
  ...['Add', 'Sub', 'Mul', 'Div'].flatMap(op =>
    (['int8', 'uint8'] as const).map(type =>
      one(
        op,
        { x: `${type}[37]` },
        {},
        given({ y: { type, dims: [37], ints: Array.from({ length: 37 }, (_, k) => 3 * k + 1) } }, output(type)),
      ),
    ),
  ),
  one('Cast', { x: 'float[2,37]' }, { to: 6 }, output('int32')),
  one('Cast', { x: 'float[2,37]' }, { to: 3 }, output('int8')),
  one('Cast', { x: 'int32[2,37]' }, { to: 3 }, output('int8')),
  one('Cast', { x: 'int32[2,37]' }, { to: 2 }, output('uint8')),
]

const int64 = (...longs: readonly number[]) => ({ type: 'int64', dims: [longs.length], longs }) as const
const indices = output('int64')

/** TopK with both of its outputs. */
const topK = (x: string, k: number, attrs: NodeSpec['attrs'] = {}, opset = 17): Operator => ({
  name: `TopK ${k} of ${x} ${JSON.stringify(attrs)}`,
  bytes: model({
    inputs: { x },
    outputs: { values: x.startsWith('int64') ? 'int64' : 'float', at: 'int64' },
    nodes: [
      {
        op: 'TopK',
        in: opset < 10 ? ['x'] : ['x', 'k'],
        out: ['values', 'at'],
        attrs: opset < 10 ? { ...attrs, k } : attrs,
      },
    ],
    initializers: opset < 10 ? {} : { k: int64(k) },
    opset,
  }),
})

const rankings: readonly Operator[] = [
  ...['ArgMax', 'ArgMin'].flatMap(op => [
    one(op, { x: 'float[3,10]' }, { axis: 1 }, indices),
    one(op, { x: 'float[2,5,7,3]' }, { axis: -3, keepdims: 0 }, indices),
    one(op, { x: 'float[2,40]' }, {}, indices),
    one(op, { x: 'float[9]' }, { axis: 0, keepdims: 0 }, { ...indices, opset: 11 }),
    // Equal values: the first of them, or the last.
    one(op, { x: 'int32[2,700]' }, { axis: -1 }, indices),
    one(op, { x: 'int32[2,700]' }, { axis: -1, select_last_index: 1 }, indices),
    one(op, { x: 'uint8[3,600]' }, { axis: 1 }, indices),
  ]),
  topK('float[3,10]', 1),
  topK('float[3,10]', 5),
  topK('float[3,10]', 10, { largest: 0 }),
  topK('float[2,5,6]', 3, { axis: 1, sorted: 1 }),
  topK('float[3,10]', 2, { axis: 0 }, 9),
  topK('int64[2,600]', 4),
  topK('int64[2,600]', 4, { largest: 0 }),
]

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
const random = (...shape: readonly number[]) => randomTensor({ dtype: 'f32', shape }, 5)
const noZeroPoint = { type: 'int32', dims: [], ints: [0] } as const

const quantizers: readonly Operator[] = [
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
const integerSums: readonly Operator[] = [
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

const vectors = (count: number) => ({ scale: random(count), bias: randomTensor({ dtype: 'f32', shape: [count] }, 6) })
const feature = { x: 'float[2,6,5,7]' }

const normalizations: readonly Operator[] = [
  one('Erf', { x: 'float[3,200]' }),
  one('Gelu', feature, {}, { opset: 20 }),
  one('Shrink', feature, { lambd: 0.3, bias: 0.2 }),
  one('LayerNormalization', { x: 'float[2,9,12]' }, {}, given(vectors(12))),
  one('LayerNormalization', { x: 'float[2,9,12]' }, { axis: 1, epsilon: 0.01 }, given({ scale: random(9, 12) })),
  one('InstanceNormalization', feature, {}, given(vectors(6))),
  one('InstanceNormalization', { x: 'float[2,6,9]' }, { epsilon: 0.1 }, given(vectors(6))),
  one('GroupNormalization', feature, { num_groups: 3 }, given(vectors(3), { opset: 18 })),
  one('GroupNormalization', feature, { num_groups: 3 }, given(vectors(6), { opset: 21 })),
  one('MeanVarianceNormalization', feature),
  one('MeanVarianceNormalization', feature, { axes: [1, -1] }),
  one('RMSNormalization', { x: 'float[2,9,12]' }, { axis: -2 }, given({ scale: random(9, 12) }, { opset: 23 })),
  one('Swish', feature, { alpha: 1.5 }, { opset: 24 }),
  one('LpNormalization', feature),
  one('LpNormalization', feature, { axis: 1, p: 1 }),
  {
    name: 'LayerNormalization with all of its outputs',
    bytes: model({
      inputs: { x: 'float[2,9,12]' },
      outputs: { y: 'float', mean: 'float', inverse: 'float' },
      nodes: [{ op: 'LayerNormalization', in: ['x', 'scale'], out: ['y', 'mean', 'inverse'], attrs: { axis: -2 } }],
      initializers: { scale: random(9, 12) },
    }),
  },
]

const pads = (...longs: readonly number[]) => given({ p: int64(...longs) })
const borders: readonly Operator[] = [
  ...['reflect', 'edge', 'wrap'].flatMap(mode => {
    const opset = mode === 'wrap' ? 19 : 18
    return [
      one('Pad', feature, { mode }, { ...pads(0, 0, 2, 1, 0, 0, 1, 3), opset }),
      one('Pad', feature, { mode }, { ...pads(1, 3, 0, 0, 0, 2, 0, 4), opset }),
      one('Pad', { x: 'float[2,9]' }, { mode }, { ...pads(0, 8, 0, 5), opset }),
    ]
  }),
  one('Pad', feature, { mode: 'edge' }, pads(0, 0, 30, 1, 0, 0, 1, 30)),
  one('Pad', feature, { mode: 'reflect', pads: [0, 0, 1, 2, 0, 0, 3, 4] }, { opset: 9 }),
  one(
    'Gather',
    { x: 'float[2,40,3]' },
    { axis: 1 },
    given({ i: int64(...Array.from({ length: 50 }, (_, k) => (k * 17) % 40)) }),
  ),
]

/** Resize of an image to scales, or to sizes. */
const resize = (
  attrs: NonNullable<NodeSpec['attrs']>,
  scales: readonly number[] = [],
  sizes: readonly number[] = [],
  x = 'float[1,2,5,7]',
  opset = 19,
): Operator => ({
  name: `Resize of ${x} to ${scales}${sizes} ${JSON.stringify(attrs)}`,
  bytes: model({
    inputs: { x },
    outputs: { y: 'float' },
    nodes: [
      {
        op: 'Resize',
        in: ['x', 'roi', scales.length > 0 ? 'scales' : '', ...(sizes.length > 0 ? ['sizes'] : [])],
        out: ['y'],
        attrs,
      },
    ],
    initializers: {
      roi: f32([8], [0, 0, 0.1, 0.2, 1, 1, 0.9, 1.2]),
      ...(scales.length > 0 ? { scales: f32([scales.length], scales) } : {}),
      ...(sizes.length > 0 ? { sizes: int64(...sizes) } : {}),
    },
    opset,
  }),
})

const transforms = [
  'half_pixel',
  'half_pixel_symmetric',
  'pytorch_half_pixel',
  'align_corners',
  'asymmetric',
  'tf_crop_and_resize',
]
const resizes: readonly Operator[] = [
  ...transforms.flatMap(coordinate_transformation_mode => [
    resize({ mode: 'nearest', coordinate_transformation_mode }, [1, 1, 2, 3]),
    resize({ mode: 'nearest', coordinate_transformation_mode }, [1, 1, 0.6, 1.7]),
    resize({ mode: 'linear', coordinate_transformation_mode, extrapolation_value: 2.5 }, [1, 1, 2, 1.7]),
    resize({ mode: 'linear', coordinate_transformation_mode }, [], [1, 2, 3, 20]),
  ]),
  ...['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'].flatMap(nearest_mode =>
    ['half_pixel', 'asymmetric', 'align_corners'].map(coordinate_transformation_mode =>
      resize({ mode: 'nearest', nearest_mode, coordinate_transformation_mode }, [], [1, 2, 8, 3]),
    ),
  ),
  resize({ mode: 'cubic' }, [1, 1, 2, 1.7]),
  resize({ mode: 'cubic', cubic_coeff_a: -0.5, exclude_outside: 1 }, [1, 1, 0.6, 2]),
  resize({ mode: 'cubic', coordinate_transformation_mode: 'align_corners' }, [], [1, 2, 9, 9]),
  resize({ mode: 'nearest' }, [1, 1, 2], [], 'float[1,3,30]'),
  resize({ mode: 'linear' }, [1, 1, 2], [], 'float[1,3,30]'),
  resize({ mode: 'nearest' }, [2, 3], [], 'float[5,4]'),
  {
    name: 'Resize of two axes that keep their proportions',
    bytes: model({
      inputs: { x: 'float[1,3,5,7]' },
      outputs: { y: 'float' },
      nodes: [
        {
          op: 'Resize',
          in: ['x', '', '', 'sizes'],
          out: ['y'],
          attrs: { mode: 'linear', axes: [2, 3], keep_aspect_ratio_policy: 'not_smaller' },
        },
      ],
      initializers: { sizes: int64(9, 9) },
      opset: 19,
    }),
  },
  one('Resize', { x: 'float[1,2,5,7]' }, { mode: 'nearest' }, given({ s: f32([4], [1, 1, 1.6, 0.7]) }, { opset: 10 })),
  one('Resize', { x: 'float[1,2,5,7]' }, { mode: 'linear' }, given({ s: f32([4], [1, 1, 2, 3]) }, { opset: 10 })),
  one('Upsample', { x: 'float[1,2,5,7]' }, { mode: 'nearest' }, given({ s: f32([4], [1, 1, 2, 3]) }, { opset: 9 })),
  one('Upsample', { x: 'float[1,2,5,7]' }, { mode: 'linear' }, given({ s: f32([4], [1, 1, 2, 3]) }, { opset: 9 })),
  one('Upsample', { x: 'float[1,2,5,7]' }, { mode: 'linear', scales: { floats: [1, 1, 2, 3] } }, { opset: 7 }),
]

const up = (
  attrs: NonNullable<NodeSpec['attrs']>,
  kernel: readonly number[],
  x = 'float[1,4,5,6]',
  outputs = 3,
  opset = 17,
) =>
  one('ConvTranspose', { x }, attrs, given({ w: random(Number(/,(\d+)/.exec(x)![1]), outputs, ...kernel) }, { opset }))
const transposedConvolutions: readonly Operator[] = [
  up({}, [3, 3]),
  up({ strides: [2, 2], pads: [1, 1, 1, 1] }, [4, 4]),
  up({ strides: [2, 3], pads: [1, 0, 2, 1], output_padding: [1, 2] }, [3, 5]),
  // Places that no tap reaches.
  up({ strides: [3, 4] }, [2, 2]),
  up({ strides: [2, 2], dilations: [3, 2] }, [3, 3]),
  up({ strides: [4, 6], dilations: [2, 4] }, [3, 5]),
  up({ strides: [2, 2], group: 2 }, [3, 3], 'float[2,4,5,6]'),
  up({ strides: [2, 2], group: 4 }, [2, 3], 'float[1,4,5,6]', 1),
  up({ strides: [2, 2], auto_pad: 'SAME_UPPER' }, [3, 3]),
  up({ strides: [2, 2], auto_pad: 'SAME_LOWER' }, [3, 4]),
  up({ strides: [2, 2], auto_pad: 'VALID' }, [3, 4]),
  up({ strides: [2, 2], output_shape: [11, 13] }, [4, 4]),
  up({ strides: [2], pads: [2, 1] }, [5], 'float[2,4,9]'),
  up({ pads: [2, 2, 2, 2] }, [3, 3]),
  one('ConvTranspose', { x: 'float[1,4,5,6]' }, { strides: [2, 2] }, given({ w: random(4, 3, 3, 3), b: random(3) })),
]

export const operators: Readonly<Record<string, readonly Operator[]>> = {
  integers,
  rankings,
  quantizers,
  integerSums,
  normalizations,
  borders,
  resizes,
  transposedConvolutions,
}
