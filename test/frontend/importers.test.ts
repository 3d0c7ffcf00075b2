import { describe, test } from 'vitest'
import { bits, f32, i32, type Shape, type Tensor } from '../../src/ir/tensor.ts'
import { type ModelSpec, type NodeSpec, nodeModel } from '../onnx.ts'
import { expectLikeOnnxruntime } from '../onnxruntime.ts'
import { randomTensor } from '../random.ts'

type Case = readonly [
  op: string,
  inputs: Readonly<Record<string, string>>,
  attrs?: NodeSpec['attrs'],
  rest?: Partial<ModelSpec> & { readonly in?: readonly string[] },
]

const random = (shape: Shape, seed = 99): Tensor => randomTensor({ dtype: 'f32', shape }, seed)
const positive = (shape: Shape): Tensor => f32(shape, (random(shape).values as Float32Array).map(Math.abs))
const list = (...values: readonly number[]): Tensor => i32([values.length], values)
const bool = { outputs: { out: 'bool' } }
const given = (initializers: Record<string, Tensor>, opset?: number) => ({
  initializers,
  ...(opset ? { opset } : {}),
})
const x = { x: 'float[2,3,7,8]' }
const parameters = { s: random([3]), b: random([3], 5), m: random([3], 6), v: positive([3]) }

/** One node each, against onnxruntime. */
const cases: Readonly<Record<string, readonly Case[]>> = {
  convolution: [
    ['Conv', x, {}, given({ w: random([4, 3, 3, 3]) })],
    ['Conv', x, { pads: [1, 2, 0, 1], strides: [2, 1] }, given({ w: random([4, 3, 3, 3]), b: random([4]) })],
    ['Conv', x, { dilations: [2, 1], group: 3, kernel_shape: [3, 2] }, given({ w: random([6, 1, 3, 2]) })],
    ['Conv', x, { auto_pad: 'SAME_UPPER', strides: [2, 3] }, given({ w: random([4, 3, 3, 4]) })],
    ['Conv', x, { auto_pad: 'SAME_LOWER', strides: [2, 2] }, given({ w: random([4, 3, 2, 3]) })],
    ['Conv', x, { auto_pad: 'VALID' }, given({ w: random([4, 3, 2, 3]) })],
    ['Conv', { x: 'float[2,4,9]' }, { pads: [2, 1], group: 2 }, given({ w: random([6, 2, 3]), b: random([6]) })],
    ['Conv', { x: 'float[2,4,9]' }, { auto_pad: 'SAME_LOWER', strides: [2] }, given({ w: random([6, 4, 4]) })],
  ],
  dense: [
    ['Gemm', { a: 'float[3,5]' }, {}, given({ b: random([5, 4]) })],
    ['Gemm', { a: 'float[3,5]' }, { transB: 1, alpha: 0.5, beta: 0.25 }, given({ b: random([4, 5]), c: random([4]) })],
    ['Gemm', { a: 'float[5,3]' }, { transA: 1, beta: 2.5 }, given({ b: random([5, 4]), c: random([3, 1]) })],
    ['Gemm', { a: 'float[3,5]' }, {}, given({ b: random([5, 4]), c: random([]) })],
    ['MatMul', { a: 'float[3,5]' }, {}, given({ b: random([5, 4]) })],
    ['MatMul', { a: 'float[5]' }, {}, given({ b: random([5, 4]) })],
    ['MatMul', { a: 'float[3,5]' }, {}, given({ b: random([5]) })],
    ['MatMul', { a: 'float[5]' }, {}, given({ b: random([5]) })],
    ['MatMul', { a: 'float[2,6,3,5]' }, {}, given({ b: random([5, 4]) })],
    ['MatMul', { a: 'float[3,5]' }, {}, given({ b: random([1, 1, 5, 4]) })],
    ['MatMul', { a: 'float[5]' }, {}, given({ b: random([1, 5, 4]) })],
    ['MatMul', { a: 'float[5]' }, {}, given({ b: random([2, 5, 4]) })],
    ['MatMul', { a: 'float[3,5]' }, {}, given({ b: random([2, 5, 4]) })],
    ['MatMul', { a: 'float[2,3,5]' }, {}, given({ b: random([2, 5, 4]) })],
    ['MatMul', { a: 'float[6,1,2,3,5]' }, {}, given({ b: random([7, 2, 5, 4]) })],
    ['MatMul', { a: 'float[2,3,5]' }, {}, given({ b: random([3, 1, 5, 4]) })],
    ['MatMul', { a: 'float[5,3]' }, {}, { ...given({ b: random([4, 5]) }), in: ['b', 'a'] }],
    ['MatMul', { a: 'float[5]' }, {}, { ...given({ b: random([4, 5]) }), in: ['b', 'a'] }],
    ['MatMul', { a: 'float[2,5,3]' }, {}, { ...given({ b: random([5]) }), in: ['b', 'a'] }],
    ['MatMul', { a: 'float[2,6,5,3]' }, {}, { ...given({ b: random([6, 4, 5]) }), in: ['b', 'a'] }],
    ['MatMul', { a: 'float[2,6,5,3]', b: 'float[6,3,4]' }, {}],
    ['MatMul', { a: 'float[5]', b: 'float[2,5,4]' }, {}],
    ['MatMul', { a: 'float[2,4,5]', b: 'float[5]' }, {}],
    [
      'Gemm',
      { a: 'float[5,3]' },
      { alpha: 0.5 },
      { ...given({ b: random([4, 5]), c: random([3]) }), in: ['b', 'a', 'c'] },
    ],
    ['Gemm', { a: 'float[3,5]' }, { transA: 1, transB: 1 }, { ...given({ b: random([5, 4]) }), in: ['b', 'a'] }],
    ['Gemm', { a: 'float[3,5]', b: 'float[4,5]' }, { transB: 1, alpha: 0.5 }],
  ],
  pooling: [
    ['MaxPool', x, { kernel_shape: [2, 3], strides: [2, 2], pads: [1, 1, 0, 2] }],
    ['MaxPool', x, { kernel_shape: [3, 3], strides: [2, 3], ceil_mode: 1 }],
    ['MaxPool', x, { kernel_shape: [2, 2], strides: [3, 3], ceil_mode: 1, pads: [1, 1, 1, 1] }],
    ['MaxPool', x, { kernel_shape: [3, 2], dilations: [2, 3], strides: [1, 2], ceil_mode: 1 }],
    ['MaxPool', x, { kernel_shape: [3, 3], strides: [2, 2], auto_pad: 'SAME_UPPER' }],
    ['MaxPool', x, { kernel_shape: [2, 2], strides: [1, 2], auto_pad: 'SAME_LOWER' }],
    ['MaxPool', { x: 'float[1,2,11]' }, { kernel_shape: [3], strides: [3], ceil_mode: 1 }],
    ['AveragePool', x, { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }],
    ['AveragePool', x, { kernel_shape: [3, 3], pads: [1, 0, 1, 2], count_include_pad: 1, strides: [2, 2] }],
    ['AveragePool', x, { kernel_shape: [3, 3], strides: [2, 3], ceil_mode: 1 }],
    [
      'AveragePool',
      x,
      { kernel_shape: [3, 2], strides: [3, 3], ceil_mode: 1, pads: [1, 1, 1, 1], count_include_pad: 1 },
    ],
    ['AveragePool', x, { kernel_shape: [2, 2], strides: [2, 2], auto_pad: 'SAME_UPPER', count_include_pad: 1 }],
    ['AveragePool', x, { kernel_shape: [2, 3], dilations: [2, 2], pads: [1, 1, 1, 1] }, { opset: 19 }],
    ['AveragePool', { x: 'float[1,2,11]' }, { kernel_shape: [4], pads: [1, 2] }],
    ['GlobalAveragePool', x],
    ['GlobalMaxPool', x],
    ['GlobalMaxPool', { x: 'float[1,2,3,4,5]' }],
    ['GlobalAveragePool', { x: 'float[1,2,3]' }],
  ],
  normalization: [
    ['BatchNormalization', x, { epsilon: 0.01 }, given(parameters)],
    ['BatchNormalization', x, { momentum: 0.5 }, given(parameters, 9)],
    ['BatchNormalization', { x: 'float[4,3]' }, { training_mode: 0 }, given(parameters, 15)],
    ['LRN', x, { size: 3, alpha: 0.5, beta: 0.6, bias: 1.5 }],
    ['LRN', x, { size: 5 }],
    ['Softmax', x, {}],
    ['Softmax', x, { axis: 1 }],
    ['Softmax', x, { axis: 2 }, { opset: 11 }],
    ['Softmax', x, {}, { opset: 11 }],
    ['LogSoftmax', x, { axis: -2 }],
    ['LogSoftmax', x, {}, { opset: 11 }],
  ],
  arithmetic: [
    ...['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Mean', 'Sum'].map(
      (op): Case => [op, { x: 'float[2,3,4]', y: 'float[3,1]' }],
    ),
    ['Pow', { x: 'float[2,3]' }, {}, given({ e: list(2) })],
    ['Pow', { x: 'float[2,3]' }, {}, given({ e: f32([], [2]) })],
    ['Sum', { x: 'float[2,3]', y: 'float[3]', z: 'float[2,1]' }],
    ['Add', { x: 'float[]', y: 'float[2]' }],
    ['Add', { x: 'int32[2,3]', y: 'int32[3]' }, {}, { outputs: { out: 'int32' } }],
    ...['Neg', 'Abs', 'Exp', 'Floor', 'Ceil', 'Round', 'Sign', 'Reciprocal'].map((op): Case => [op, x]),
  ],
  activations: [
    ...['Relu', 'LeakyRelu', 'Elu', 'Selu', 'Celu', 'Softplus', 'Softsign', 'Sigmoid', 'Tanh', 'HardSigmoid'].map(
      (op): Case => [op, x],
    ),
    ['HardSwish', x],
    ['Mish', x, {}, { opset: 18 }],
    ['ThresholdedRelu', x, { alpha: 0.5 }],
    ['LeakyRelu', x, { alpha: -0.3 }],
    ['Elu', x, { alpha: 0.3 }],
    ['Celu', x, { alpha: 0.3 }],
    ['Selu', x, { alpha: 0.3, gamma: 1.5 }],
    ['HardSigmoid', x, { alpha: 0.3, beta: 0.4 }],
    ['Gelu', x, { approximate: 'tanh' }, { opset: 20 }],
    ['PRelu', x, {}, given({ s: random([3, 1, 1]) })],
    ['PRelu', x, {}, given({ s: random([1]) })],
    ['Clip', x, { min: -0.5, max: 0.75 }, { opset: 6 }],
    ['Clip', x, { max: 0.75 }, { opset: 6 }],
    ['Clip', x, {}, given({ lo: f32([], [-0.5]), hi: f32([], [0.75]) })],
    ['Clip', x, {}, { ...given({ hi: f32([], [0.75]) }), in: ['x', '', 'hi'] }],
    ['Clip', x, {}, given({ lo: f32([], [Infinity]) })],
    ['Clip', x, {}, given({ lo: f32([], [Infinity]), hi: f32([], [3]) })],
    ['Clip', x, {}, given({ lo: f32([], [-Infinity]), hi: f32([], [-Infinity]) })],
    ['Clip', x, {}, given({ lo: f32([], [Number.NaN]), hi: f32([], [0.5]) })],
    ['Clip', x, {}, given({ lo: f32([], [0.25]), hi: f32([], [Number.NaN]) })],
    ['Clip', x, { min: { float: Infinity }, max: { float: Infinity } }, { opset: 6 }],
    ['Sum', Object.fromEntries(Array.from({ length: 150 }, (_, k) => [`x${k}`, 'float[2]']))],
    ['Mean', Object.fromEntries(Array.from({ length: 70 }, (_, k) => [`x${k}`, 'float[2]']))],
    [
      'Max',
      Object.fromEntries(Array.from({ length: 130 }, (_, k) => [`x${k}`, k === 100 ? 'float[3,2]' : 'float[2]'])),
    ],
    ['Clip', { x: 'float[2,3]', lo: 'float[]' }, {}],
  ],
  comparisons: [
    ...['Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Equal'].map(
      (op): Case => [op, { x: 'int32[2,9]', y: 'int32[9]' }, {}, bool],
    ),
    ...['Greater', 'Less'].map((op): Case => [op, { x: 'float[2,9]', y: 'float[9]' }, {}, bool]),
  ],
  reductions: [
    ...['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceL1', 'ReduceL2', 'ReduceSumSquare'].flatMap(
      (op): Case[] => [
        [op, x, { keepdims: 0 }],
        ...(op === 'ReduceSum' ? [] : [[op, x, { axes: [1, -1] }] as const]),
        [op, x, { keepdims: 0 }, given({ axes: list(-3, 2) }, 18)],
        [op, x, {}, given({ axes: list(1) }, 18)],
      ],
    ),
    ['ReduceSum', x, { noop_with_empty_axes: 1 }],
    ['ReduceSum', x, { axes: [0, 2] }, { opset: 11 }],
    ['ReduceSum', x, { keepdims: 0 }, given({ axes: list(1) })],
    ['ReduceLogSumExp', x, { axes: [1], keepdims: 0 }],
    ['ReduceLogSum', { x: 'float[1,1,1,1]' }, { keepdims: 0 }, {}],
  ],
  movements: [
    ['Identity', x],
    ['Dropout', x, { ratio: 0.5 }, { opset: 11 }],
    ['Dropout', x, {}, { ...given({ r: f32([], [0.5]), t: bits([], [0]) }), opset: 13 }],
    ['Flatten', x],
    ['Flatten', x, { axis: 0 }],
    ['Flatten', x, { axis: -1 }],
    ['Flatten', x, { axis: 4 }],
    ['Reshape', x, {}, given({ s: list(0, -1, 4) })],
    ['Reshape', x, {}, given({ s: list(7, 3, 8, 2) })],
    ['Squeeze', { x: 'float[1,3,1,2]' }, {}, {}],
    ['Squeeze', { x: 'float[1,3,1,2]' }, { axes: [-2] }, { opset: 11 }],
    ['Squeeze', { x: 'float[1,3,1,2]' }, {}, given({ axes: list(0, 2) })],
    ['Unsqueeze', { x: 'float[3,2]' }, { axes: [0, 3] }, { opset: 11 }],
    ['Unsqueeze', { x: 'float[3,2]' }, {}, given({ axes: list(-1, 1) })],
    ['Transpose', x],
    ['Transpose', x, { perm: [1, 0, 3, 2] }],
    ['Concat', { x: 'float[2,3]', y: 'float[2,1]', z: 'float[2,2]' }, { axis: -1 }],
    ['DepthToSpace', { x: 'float[1,8,2,3]' }, { blocksize: 2 }],
    ['DepthToSpace', { x: 'float[1,8,2,3]' }, { blocksize: 2, mode: 'CRD' }],
    ['SpaceToDepth', { x: 'float[1,2,4,6]' }, { blocksize: 2 }],
    ['Expand', { x: 'float[3,1]' }, {}, given({ s: list(2, 1, 4) })],
    ['Expand', { x: 'float[3,2]' }, {}, given({ s: list(2) })],
    ['Tile', { x: 'float[2,3]' }, {}, given({ r: list(3, 2) })],
  ],
  selections: [
    ['Slice', x, {}, given({ s: list(1, -3), e: list(2 ** 31 - 1, -1), a: list(2, -1) })],
    ['Slice', x, {}, given({ s: list(-1, 6), e: list(-100, 1), a: list(3, 2), t: list(-2, -3) })],
    ['Slice', x, {}, given({ s: list(0, 0, 1), e: list(1, 2, 100) })],
    ['Slice', x, { starts: [1, -3], ends: [5, 100], axes: [2, 3] }, { opset: 9 }],
    ['Slice', x, { starts: [1], ends: [2] }, { opset: 9 }],
    ['Gather', x, { axis: 1 }, given({ i: i32([], [-1]) })],
    ['Gather', x, { axis: 2 }, given({ i: list(0, 2, 4, 3, 3, -7) })],
    ['Gather', x, { axis: 3 }, given({ i: i32([2, 2], [7, 5, 3, 0]) })],
    ['Gather', { i: 'int64[2,3]' }, {}, { ...given({ t: random([256, 4]) }), in: ['t', 'i'] }],
    ['Gather', { i: 'int32[2,3]' }, {}, { ...given({ t: random([256, 2, 2]) }), in: ['t', 'i'] }],
    ['Pad', x, {}, given({ p: list(0, 1, 2, 0, 0, 0, 1, 3), v: f32([], [0.5]) })],
    ['Pad', x, {}, given({ p: list(0, -1, 2, 0, 0, 0, 1, -3) })],
    ['Pad', x, { pads: [0, 0, 1, 1, 0, 0, 2, 0], value: -1.5 }, { opset: 9 }],
    ['Pad', x, {}, given({ p: list(1, 2, 0, 3), v: f32([], [2]), a: list(-1, 1) }, 18)],
  ],
  casts: [
    ['Cast', { x: 'int32[2,3]' }, { to: 1 }],
    ['Cast', { x: 'uint8[2,3]' }, { to: 1 }],
    ['Cast', { x: 'float[2,3]' }, { to: 9 }, bool],
    ['Cast', { x: 'int32[2,3]' }, { to: 9 }, bool],
  ],
}

for (const [theme, list] of Object.entries(cases))
  describe(theme, () => {
    test.each(
      list.map(each => [`${each[0]} ${JSON.stringify(each[2] ?? {})}`, each] as const),
    )('%s', async (_, each) => {
      const [op, inputs, attrs, rest] = each
      await expectLikeOnnxruntime(nodeModel(op, inputs, attrs, rest))
    })
  })
