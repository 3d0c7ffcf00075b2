import { elements, f32, i32, type Shape, type Tensor } from '../../src/ir/tensor.ts'
import type { ModelSpec, NodeSpec } from '../onnx.ts'
import { seeded } from '../random.ts'

/** Nodes from `x` [1,4,7,7] to `y`, as exporters write layers around signs. */
export interface Layer {
  readonly name: string
  readonly nodes: readonly NodeSpec[]
  readonly initializers: NonNullable<ModelSpec['initializers']>
  readonly binary: number
  readonly input?: string
  readonly opset?: number
  /** Not exact in floats: the sums of the K map. */
  readonly tolerance?: number
}

const values = (shape: Shape, of: (next: () => number) => number, seed = 3): Tensor => {
  const next = seeded(seed)
  return f32(
    shape,
    Float32Array.from({ length: elements(shape) }, () => of(next)),
  )
}
const signs = (shape: Shape, seed = 3, scale = 1) => values(shape, next => (next() < 0.5 ? -scale : scale), seed)
/** Odd multiples of 1/16. */
const shifts = (shape: Shape, seed = 7) => values(shape, next => (2 * Math.floor(next() * 16) - 15) / 16, seed)
const scalar = (value: number) => f32([], [value])
const node = (op: string, inputs: readonly string[], out: string, attrs: NodeSpec['attrs'] = {}): NodeSpec => ({
  op,
  in: inputs,
  out: [out],
  name: out,
  attrs,
})
const conv = (x: string, w = 'w', out = 'y', attrs: NodeSpec['attrs'] = {}) => node('Conv', [x, w], out, attrs)
const w = signs([6, 4, 3, 3], 5, 0.5)
const v = signs([5, 6, 2, 2], 6)

/** Explicit borders (L6): with 0 a sign knows three values, with ±1 they are bits like all others. */
const pads = i32([8], [0, 0, 1, 0, 0, 0, 2, 1])
const borders = [0, 1, -1].flatMap(value =>
  [
    {
      name: `Pad ${value} before Sign`,
      nodes: [node('Pad', ['x', 'pads', 'value'], 'p'), node('Sign', ['p'], 's'), conv('s')],
    },
    {
      name: `Pad ${value} after Sign`,
      nodes: [node('Sign', ['x'], 's'), node('Pad', ['s', 'pads', 'value'], 'p'), conv('p')],
    },
  ].map(each => ({ ...each, initializers: { w, pads, value: scalar(value) }, binary: 1 })),
)

const automatic = (['SAME_UPPER', 'SAME_LOWER', 'VALID'] as const).flatMap(auto_pad =>
  [1, 2].map(stride => ({
    name: `auto_pad=${auto_pad}, stride ${stride}`,
    nodes: [node('Sign', ['x'], 's'), conv('s', 'w', 'y', { auto_pad, strides: [stride, stride] })],
    initializers: { w },
    binary: 1,
  })),
)

/** What stands between a sum and the next sign (L10); all of it rises or falls, so it is one threshold. */
const epilogues: readonly [string, readonly NodeSpec[], Record<string, Tensor>][] = [
  ['Relu', [node('Relu', ['n'], 'e')], {}],
  ['LeakyRelu', [node('LeakyRelu', ['n'], 'e', { alpha: 0.25 })], {}],
  [
    'PRelu, some slopes negative',
    [node('PRelu', ['n', 'slope'], 'e')],
    { slope: f32([6, 1, 1], [0.5, 0, -0.5, 1, 2, 0.25]) },
  ],
  ['Clip 0..6', [node('Clip', ['n', 'low', 'high'], 'e')], { low: scalar(0), high: scalar(6) }],
  ['HardTanh', [node('Clip', ['n', 'low', 'high'], 'e')], { low: scalar(-1), high: scalar(1) }],
  [
    'Mul and Sub',
    [node('Mul', ['n', 'gain'], 'g'), node('Sub', ['t', 'g'], 'e')],
    { gain: f32([6, 1, 1], [1, -2, 0.5, 4, -1, 1]), t: shifts([6, 1, 1]) },
  ],
  ['Div', [node('Div', ['n', 'gain'], 'e')], { gain: f32([6, 1, 1], [1, -2, 0.5, 4, -1, 1]) }],
  ['max pool', [node('MaxPool', ['n'], 'e', { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 })], {}],
  ['average pool', [node('AveragePool', ['n'], 'e', { kernel_shape: [2, 2], strides: [2, 2] })], {}],
]
const chains = epilogues.map(([name, nodes, initializers]) => ({
  name: `${name} before the next Sign`,
  nodes: [
    node('Sign', ['x'], 's'),
    conv('s', 'w', 'c', { pads: [1, 1, 1, 1] }),
    node('Add', ['c', 'b'], 'n'),
    ...nodes,
    node('Add', ['e', 'fine'], 'f'),
    node('Sign', ['f'], 'r'),
    conv('r', 'v'),
  ],
  initializers: { w, v, b: shifts([6, 1, 1]), fine: scalar(1 / 256), ...initializers },
  binary: 2,
}))

const pooled = (name: string, op: NodeSpec): Layer => ({
  name,
  nodes: [node('Sign', ['x'], 's'), op, node('Add', ['p', 'fine'], 'f'), node('Sign', ['f'], 'r'), conv('r', 'u')],
  initializers: { fine: scalar(1 / 256), u: signs([5, 4, 2, 2]) },
  binary: 1,
})
const window = { kernel_shape: [2, 2], strides: [2, 2], pads: [1, 1, 0, 0] }

/** K = box filter of mean |x| (L9), alpha in the weights or behind. */
const kMap = (name: string, box: readonly NodeSpec[], scaled: readonly NodeSpec[]): Layer => ({
  name,
  nodes: [
    node('Sign', ['x'], 's'),
    node('Abs', ['x'], 'abs'),
    node('ReduceMean', ['abs'], 'mean', { axes: [1], keepdims: 1 }),
    ...box,
    conv('s', 'w', 'c', { pads: [1, 1, 1, 1] }),
    ...scaled,
  ],
  initializers: { w, box: f32([1, 1, 3, 3], new Array(9).fill(1 / 9)), alpha: values([6, 1, 1], next => next()) },
  binary: 1,
  tolerance: 1e-5,
})
const boxed = [conv('mean', 'box', 'K', { pads: [1, 1, 1, 1] })]
const averaged = [
  node('AveragePool', ['mean'], 'K', { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 }),
]

export const layers: readonly Layer[] = [
  ...borders,
  ...automatic,
  ...chains,
  pooled(
    'AveragePool of signs, ceil_mode',
    node('AveragePool', ['s'], 'p', { ...window, pads: [0, 0, 0, 0], ceil_mode: 1 }),
  ),
  pooled(
    'AveragePool of signs, count_include_pad',
    node('AveragePool', ['s'], 'p', { ...window, count_include_pad: 1 }),
  ),
  pooled('MaxPool of signs, ceil_mode and padding', node('MaxPool', ['s'], 'p', { ...window, ceil_mode: 1 })),
  kMap('K map by Conv', boxed, [node('Mul', ['c', 'K'], 'y')]),
  kMap('K map by AveragePool, alpha behind', averaged, [
    node('Mul', ['K', 'c'], 'k'),
    node('Mul', ['k', 'alpha'], 'y'),
  ]),
  kMap('K map, alpha before', averaged, [node('Mul', ['c', 'alpha'], 'a'), node('Mul', ['a', 'K'], 'y')]),
  {
    name: 'L1: BN, Sign, Dropout, Conv with bias, Relu, MaxPool',
    nodes: [
      node('BatchNormalization', ['x', 'g', 'o', 'm', 'var'], 'n', { epsilon: 2 ** -10 }),
      node('Sign', ['n'], 's'),
      node('Dropout', ['s'], 'd'),
      { ...conv('d', 'w', 'c', { pads: [1, 1, 1, 1] }), in: ['d', 'w', 'bias'] },
      node('Relu', ['c'], 'r'),
      node('MaxPool', ['r'], 'y', { kernel_shape: [2, 2] }),
    ],
    initializers: {
      w,
      g: f32([4], [1, -1, 2, 0.5]),
      o: shifts([4]),
      m: f32([4], [0, 1, -1, 0.5]),
      var: f32([4], new Array(4).fill(1 - 2 ** -10)),
      bias: shifts([6], 9),
    },
    binary: 1,
  },
  ...[true, false].map(isGemm => ({
    name: `L5: Flatten, ${isGemm ? 'Gemm' : 'MatMul of a transposed constant, Add'}`,
    nodes: [
      node('Sign', ['x'], 's'),
      node('Flatten', ['s'], 'f'),
      ...(isGemm
        ? [node('Gemm', ['f', 'd', 'bias'], 'y', { transB: 1 })]
        : [
            node('Transpose', ['d'], 't', { perm: [1, 0] }),
            node('MatMul', ['f', 't'], 'p'),
            node('Add', ['bias', 'p'], 'y'),
          ]),
    ],
    initializers: { d: signs([10, 196], 4, 0.25), bias: shifts([10]) },
    binary: 1,
  })),
  {
    name: 'L7: NHWC by tf2onnx, Pad 1, SAME_UPPER',
    input: 'float[1,7,7,4]',
    nodes: [
      node('Transpose', ['x'], 't', { perm: [0, 3, 1, 2] }),
      node('Pad', ['t', 'pads', 'one'], 'p'),
      node('Sign', ['p'], 'a'),
      node('Add', ['a', 'tenth'], 'b'),
      node('Sign', ['b'], 's'),
      conv('s', 'w', 'c', { strides: [2, 2] }),
      node('Mul', ['c', 'g'], 'm'),
      node('Add', ['m', 'o'], 'n'),
      node('Transpose', ['n'], 'back', { perm: [0, 2, 3, 1] }),
      node('Transpose', ['back'], 'forth', { perm: [0, 3, 1, 2] }),
      node('Sign', ['forth'], 's1'),
      node('Add', ['s1', 'tenth'], 's2'),
      node('Sign', ['s2'], 's3'),
      conv('s3', 'v', 'd', { auto_pad: 'SAME_UPPER' }),
      node('Transpose', ['d'], 'y', { perm: [0, 2, 3, 1] }),
    ],
    initializers: {
      w,
      v,
      pads: i32([8], [0, 0, 1, 1, 0, 0, 2, 2]),
      one: scalar(1),
      tenth: scalar(0.1),
      g: f32([6, 1, 1], [1, -1, 2, 0.5, 1, 1]),
      o: shifts([6, 1, 1]),
    },
    binary: 2,
  },
  {
    name: 'grouped, dilated, uneven padding, input 0 or 1',
    nodes: [
      node('Relu', ['x'], 'r'),
      node('Sign', ['r'], 's'),
      conv('s', 'k', 'y', { group: 2, dilations: [2, 1], pads: [2, 0, 1, 1], strides: [1, 2] }),
    ],
    initializers: { k: signs([6, 2, 3, 3], 8, 0.5) },
    binary: 1,
  },
  {
    name: 'pixels of bytes: float(x) is never negative',
    input: 'uint8[1,4,7,7]',
    nodes: [node('Cast', ['x'], 'f', { to: 1 }), node('Sign', ['f'], 's'), conv('s', 'w', 'y', { pads: [1, 1, 1, 1] })],
    initializers: { w },
    binary: 1,
  },
  {
    name: 'concat of signs along channels',
    nodes: [
      node('Sign', ['x'], 's'),
      node('Neg', ['x'], 'n'),
      node('Sign', ['n'], 'r'),
      node('Concat', ['s', 'r'], 'c', { axis: 1 }),
      conv('c', 'k'),
    ],
    initializers: { k: signs([3, 8, 2, 2]) },
    binary: 1,
  },
]
