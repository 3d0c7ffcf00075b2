import { bits, f32, i32 } from '../../src/ir/tensor.ts'
import { type ModelSpec, type NodeSpec, node } from '../onnx.ts'

/** A way in which exporters write a binary activation: nodes from `x` [1,8,5,5] to `s`. */
export interface Activation {
  readonly name: string
  readonly nodes: readonly NodeSpec[]
  readonly initializers?: ModelSpec['initializers']
  readonly domains?: ModelSpec['domains']
  readonly opset?: number
  /** What onnxruntime cannot run is compared with the interpreter of the imported graph. */
  readonly custom?: true
  readonly warnings?: readonly string[]
}

const scalar = (value: number) => f32([], [value])
const perChannel = f32([1, 8, 1, 1], [0, 0.5, -0.5, 1, -1, 0.25, -0.25, 2])
const one = { one: scalar(1), minus: scalar(-1), zero: scalar(0), half: scalar(0.5), two: scalar(2) }
const where = (condition: NodeSpec, yes = 'one', no = 'minus'): NodeSpec[] => [condition, node('Where', ['c', yes, no])]
const qonnx = 'qonnx.custom_op.general'

export const activations: readonly Activation[] = [
  { name: 'A1 Sign', nodes: [node('Sign', ['x'])], warnings: ['sign-of-zero'] },
  {
    name: 'A2 Sign(Sign(x) + c)',
    nodes: [node('Sign', ['x'], 'a'), node('Add', ['a', 'c'], 'b'), node('Sign', ['b'])],
    initializers: { c: scalar(0.1) },
  },
  {
    name: 'A2 Sign(x + eps)',
    nodes: [node('Add', ['x', 'c'], 'b'), node('Sign', ['b'])],
    initializers: { c: scalar(2 ** -20) },
  },
  ...(['GreaterOrEqual', 'Greater', 'Less', 'LessOrEqual'] as const).flatMap(op => [
    { name: `A3 Where(${op}(x, 0), 1, -1)`, nodes: where(node(op, ['x', 'zero'], 'c')), initializers: one },
    {
      name: `A3 Where(${op}(t, x), -1, 1)`,
      nodes: where(node(op, ['t', 'x'], 'c'), 'minus', 'one'),
      initializers: { ...one, t: perChannel },
    },
  ]),
  {
    name: 'A3 Where(Not(Less))',
    nodes: [node('Less', ['x', 't'], 'l'), ...where(node('Not', ['l'], 'c'))],
    initializers: { ...one, t: perChannel },
  },
  {
    name: 'A3 ConstantOfShape and Expand',
    nodes: [
      node('Shape', ['x'], 'shape'),
      node('ConstantOfShape', ['shape'], 'ones', { value: f32([1], [1]) }),
      node('Expand', ['minus', 'shape'], 'minuses'),
      ...where(node('GreaterOrEqual', ['x', 'zero'], 'c'), 'ones', 'minuses'),
    ],
    initializers: one,
  },
  ...(['GreaterOrEqual', 'Greater'] as const).map(op => ({
    name: `A4 2 * Cast(${op}) - 1`,
    nodes: [
      node(op, ['x', 'zero'], 'c'),
      node('Cast', ['c'], 'f', { to: 1 }),
      node('Mul', ['f', 'two'], 'm'),
      node('Sub', ['m', 'one']),
    ],
    initializers: one,
  })),
  ...[qonnx, 'finn.custom_op.general', 'onnx.brevitas'].map(domain => ({
    name: `A5 BipolarQuant of ${domain}, scale 0.5`,
    nodes: [node('BipolarQuant', ['x', 'half'], 's', {}, domain)],
    initializers: one,
    domains: { [domain]: 1 },
    custom: true as const,
  })),
  {
    name: 'A6 MultiThreshold',
    nodes: [
      node(
        'MultiThreshold',
        ['x', 't'],
        's',
        { out_dtype: 'BIPOLAR', out_scale: { float: 2 }, out_bias: { float: -1 } },
        qonnx,
      ),
    ],
    initializers: { t: f32([8, 1], [0, 0.5, -0.5, 1, -1, 0.25, -0.25, 2]) },
    domains: { [qonnx]: 1 },
    custom: true,
  },
  {
    // p(x): a piecewise polynomial whose gradient stands in for that of the sign; (s - p) + p is s, but for rounding.
    name: 'A7 Bi-Real',
    nodes: [
      node('Sign', ['x'], 'sign'),
      node('Less', ['x', 'zero'], 'm'),
      node('Cast', ['m'], 'mask', { to: 1 }),
      node('Mul', ['x', 'x'], 'xx'),
      node('Mul', ['x', 'two'], 'x2'),
      node('Add', ['xx', 'x2'], 'below'),
      node('Sub', ['x2', 'xx'], 'above'),
      node('Mul', ['below', 'mask'], 'p1'),
      node('Sub', ['one', 'mask'], 'other'),
      node('Mul', ['above', 'other'], 'p2'),
      node('Add', ['p1', 'p2'], 'p'),
      node('Sub', ['sign', 'p'], 'd'),
      node('Add', ['d', 'p']),
    ],
    initializers: one,
    warnings: ['sign-of-zero'],
  },
  {
    name: 'A8 RSign, Add',
    // No channel makes an input of 0 a 0 here.
    nodes: [node('Add', ['x', 't'], 'a'), node('Sign', ['a'])],
    initializers: { t: perChannel },
  },
  {
    name: 'A8 RSign, Sub',
    nodes: [node('Sub', ['x', 't'], 'a'), node('Sign', ['a'])],
    initializers: { t: perChannel },
    warnings: ['sign-of-zero'],
  },
  {
    name: 'Clip before Sign',
    nodes: [node('Clip', ['x', 'minus', 'one'], 'a'), node('Sign', ['a'])],
    initializers: one,
    warnings: ['sign-of-zero'],
  },
  {
    name: 'x / |x|',
    nodes: [node('Abs', ['x'], 'a'), node('Div', ['x', 'a'])],
    warnings: ['sign-of-zero'],
  },
  {
    name: 'x / sqrt(x * x)',
    nodes: [node('Mul', ['x', 'x'], 'a'), node('Sqrt', ['a'], 'b'), node('Div', ['x', 'b'])],
    warnings: ['sign-of-zero'],
  },
  {
    name: '(x > 0) - (x < 0)',
    nodes: [
      node('Greater', ['x', 'zero'], 'g'),
      node('Less', ['x', 'zero'], 'l'),
      node('Cast', ['g'], 'a', { to: 1 }),
      node('Cast', ['l'], 'b', { to: 1 }),
      node('Sub', ['a', 'b']),
    ],
    initializers: one,
    warnings: ['sign-of-zero'],
  },
  {
    name: 'Where(Sign(x) == 0, 1, Sign(x)): says what 0 is',
    nodes: [node('Sign', ['x'], 'a'), node('Equal', ['a', 'zero'], 'c'), node('Where', ['c', 'one', 'a'])],
    initializers: one,
  },
  {
    name: 'Where(x > 0, 1, Where(x < 0, -1, 0))',
    nodes: [
      node('Greater', ['x', 'zero'], 'g'),
      node('Less', ['x', 'zero'], 'l'),
      node('Where', ['l', 'minus', 'zero'], 'a'),
      node('Where', ['g', 'one', 'a']),
    ],
    initializers: one,
    warnings: ['sign-of-zero'],
  },
  {
    name: 'Clip(1e6 * x, -1, 1): what is next to 0 counts as a side',
    nodes: [node('Mul', ['x', 'large'], 'a'), node('Clip', ['a', 'minus', 'one'])],
    initializers: { ...one, large: scalar(1e6) },
    warnings: ['sign-of-zero'],
  },
  {
    name: 'Sign(x) * Sign(x + t): xor',
    nodes: [node('Sign', ['x'], 'a'), node('Add', ['x', 't'], 'b'), node('Sign', ['b'], 'c'), node('Mul', ['a', 'c'])],
    initializers: { t: scalar(0.7) },
    warnings: ['sign-of-zero'],
  },
  {
    name: 'A9 FakeQuantize to -1 and 1',
    nodes: [node('FakeQuantize', ['x', 'minus', 'one', 'minus', 'one'], 's', { levels: 2 }, 'org.openvinotoolkit')],
    initializers: one,
    domains: { 'org.openvinotoolkit': 1 },
    custom: true,
  },
  {
    name: 'A10 FakeQuantize to 0 and 1',
    nodes: [node('FakeQuantize', ['x', 'zero', 'one', 'zero', 'one'], 's', { levels: 2 }, 'org.openvinotoolkit')],
    initializers: one,
    domains: { 'org.openvinotoolkit': 1 },
    custom: true,
  },
  { name: 'A10 Sign(Relu)', nodes: [node('Relu', ['x'], 'a'), node('Sign', ['a'])] },
  { name: 'A10 Sign(Abs)', nodes: [node('Abs', ['x'], 'a'), node('Sign', ['a'])] },
  {
    name: 'A10 Sign(MaxPool(Relu))',
    nodes: [
      node('Relu', ['x'], 'a'),
      node('MaxPool', ['a'], 'b', { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [1, 1] }),
      node('Sign', ['b']),
    ],
  },
  {
    name: 'A10 Sign(Clip(0, 1))',
    nodes: [node('Clip', ['x', 'zero', 'one'], 'a'), node('Sign', ['a'])],
    initializers: one,
  },
  {
    name: 'A10 Round(Clip(0, 1))',
    nodes: [node('Clip', ['x', 'zero', 'one'], 'a'), node('Round', ['a'])],
    initializers: one,
  },
  {
    name: 'A10 Clip, Mul n, Round, Div n',
    nodes: [
      node('Clip', ['x', 'zero', 'one'], 'a'),
      node('Mul', ['a', 'one'], 'b'),
      node('Round', ['b'], 'r'),
      node('Div', ['r', 'one']),
    ],
    initializers: one,
  },
  {
    name: 'A10 Cast(Greater)',
    nodes: [node('Greater', ['x', 't'], 'c'), node('Cast', ['c'], 's', { to: 1 })],
    initializers: { t: perChannel },
  },
  {
    name: 'A10 Quant, unsigned, 1 bit',
    nodes: [node('Quant', ['x', 'half', 'zero', 'one'], 's', { signed: 0, narrow: 0 }, qonnx)],
    initializers: one,
    domains: { [qonnx]: 1 },
    custom: true,
  },
  {
    name: 'Quant, signed, 1 bit, scale 0.5',
    nodes: [node('Quant', ['x', 'half', 'zero', 'one'], 's', { signed: 1, narrow: 1 }, 'onnx.brevitas')],
    initializers: one,
    domains: { 'onnx.brevitas': 1 },
    custom: true,
  },
  {
    name: 'Cast to int64 in between',
    nodes: [
      node('GreaterOrEqual', ['x', 'zero'], 'c'),
      node('Cast', ['c'], 'i', { to: 7 }),
      node('Mul', ['i', 'itwo'], 'm'),
      node('Sub', ['m', 'ione'], 'k'),
      node('Cast', ['k'], 's', { to: 1 }),
    ],
    initializers: { ...one, itwo: i32([], [2]), ione: i32([], [1]) },
  },
  {
    name: 'Where with a constant mask beside it',
    nodes: [node('Greater', ['x', 'zero'], 'g'), node('And', ['g', 'yes'], 'c'), node('Where', ['c', 'one', 'minus'])],
    initializers: { ...one, yes: bits([1], [1]) },
  },
]
