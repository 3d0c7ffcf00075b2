import { describe, expect, test } from 'vitest'
import { interpret } from '../../src/ir/interpret.ts'
import { elements, f32, i32, numbersOf, type Shape, type Tensor } from '../../src/ir/tensor.ts'
import { model, type NodeSpec, node } from '../onnx.ts'
import { runOnnxruntime } from '../onnxruntime.ts'
import { seeded } from '../random.ts'
import { compiled } from './compiled.ts'

/** Models that once gave another result than onnxruntime, or none at all: x to y, all numbers dyadic. */
interface Reported {
  readonly name: string
  readonly x: string
  readonly nodes: readonly NodeSpec[]
  readonly initializers?: Readonly<Record<string, Tensor>>
}

const values = (shape: Shape, choices: readonly number[], seed = 1): Tensor => {
  const next = seeded(seed)
  const of = () => choices[Math.floor(next() * choices.length)]!
  return f32(shape, Float32Array.from({ length: elements(shape) }, of))
}
const halves = [-1.5, -1, -0.5, 0.5, 1, 1.5]
const signs = [-1, 1]
const conv = (x: string, w: string, out: string, attrs: NodeSpec['attrs'] = {}) => node('Conv', [x, w], out, attrs)
const chained = (count: number, step: (x: string, out: string) => NodeSpec): NodeSpec[] =>
  Array.from({ length: count }, (_, k) => step(k === 0 ? 'x' : `v${k}`, k === count - 1 ? 'y' : `v${k + 1}`))

const bn = (x: string, k: string, out: string) =>
  node('BatchNormalization', [x, `gamma${k}`, `beta${k}`, `mean${k}`, `var${k}`], out, { epsilon: { float: 0 } })
const bnValues = (k: string, gamma: readonly number[], beta: readonly number[]) => ({
  [`gamma${k}`]: f32([gamma.length], gamma),
  [`beta${k}`]: f32([beta.length], beta),
  [`mean${k}`]: values([gamma.length], [0, 0.25], 4),
  [`var${k}`]: values([gamma.length], [1, 0.25], 5),
})

const perAxis: Reported[] = [
  [3, 1],
  [1, 3],
].map(shape => ({
  name: `a factor of shape [${shape}] behind three filters of a 3×3 image`,
  x: 'float[1,2,3,3]',
  nodes: [conv('x', 'w', 'c'), node('Mul', ['c', 'k'], 'y')],
  initializers: { w: values([3, 2, 1, 1], halves), k: f32([1, 1, ...shape], [0.5, 2, -1]) },
}))

const deadChannels: Reported[] = [
  {
    name: 'a gamma of 0 behind a division',
    x: 'float[1,2,4,4]',
    nodes: [
      conv('x', 'w', 'c'),
      node('Div', ['c', 'k'], 'd'),
      bn('d', '', 'b'),
      node('Sign', ['b'], 's'),
      conv('s', 'v', 'y'),
    ],
    initializers: {
      w: values([3, 2, 3, 3], halves),
      k: f32([], [0.125]),
      v: values([2, 3, 2, 2], signs),
      ...bnValues('', [0, 2, -1], [0.5, 1 / 64, 1 / 64]),
    },
  },
  {
    name: 'a PReLU of slope 0 between batch norms',
    x: 'float[1,2,4,4]',
    nodes: [
      conv('x', 'w', 'c'),
      bn('c', '0', 'b'),
      node('PRelu', ['b', 'slope'], 'p'),
      bn('p', '1', 'n'),
      node('Sign', ['n'], 's'),
      conv('s', 'v', 'y'),
    ],
    initializers: {
      w: values([3, 2, 3, 3], halves),
      v: values([2, 3, 2, 2], signs),
      slope: f32([3, 1, 1], [0, 0, 0.25]),
      ...bnValues('0', [4, 2, 8], [0.5, -1, 1 / 64]),
      ...bnValues('1', [-1, 0, -2], [1 / 128, -0.5, 1 / 128]),
    },
  },
]

const behindMean = (
  [
    ['BatchNormalization', 'mean'],
    ['Mul', 'max'],
    ['PRelu', 'mean'],
  ] as const
).map(([op, kind]) => ({
  name: `${op} per channel behind a ${kind} over the image`,
  x: 'float[1,2,4,4]',
  nodes: [
    conv('x', 'w', 'c'),
    node(kind === 'mean' ? 'ReduceMean' : 'ReduceMax', ['c'], 'm', { axes: [2, 3], keepdims: 1 }),
    op === 'BatchNormalization' ? bn('m', '', 'y') : node(op, ['m', 'k'], 'y'),
  ],
  initializers: {
    w: values([3, 2, 1, 1], halves),
    k: f32([3, 1, 1], [0.5, 2, -1]),
    ...(op === 'BatchNormalization' ? bnValues('', [1, 2, -1], [0.5, 1, 0]) : {}),
  },
}))

const cases: readonly Reported[] = [
  ...perAxis,
  ...deadChannels,
  ...behindMean,
  {
    name: 'a border around an image of one pixel',
    x: 'float[1,2,3,3]',
    nodes: [node('Reshape', ['x', 'flat'], 'f'), conv('f', 'w', 'y', { pads: [1, 1, 1, 1] })],
    initializers: { flat: i32([4], [1, 18, 1, 1]), w: values([2, 18, 1, 1], halves) },
  },
  {
    name: 'dilation and stride on an image of one pixel',
    x: 'float[1,2,3,3]',
    nodes: [node('Reshape', ['x', 'flat'], 'f'), conv('f', 'w', 'y', { dilations: [2, 2], strides: [2, 2] })],
    initializers: { flat: i32([4], [1, 18, 1, 1]), w: values([2, 18, 1, 1], halves) },
  },
  {
    name: 'the sign of a sum of whole numbers',
    x: 'int32[1,8]',
    nodes: [node('Add', ['x', 'x'], 'a'), node('Cast', ['a'], 'f', { to: 1 }), node('Sign', ['f'], 'y')],
  },
  {
    name: 'the sign of a layer of bits with zeros in its weights',
    x: 'float[1,6]',
    nodes: [node('Sign', ['x'], 's'), node('Gemm', ['s', 'w'], 'g'), node('Sign', ['g'], 'y')],
    initializers: { w: values([6, 5], [-2, 0, 2], 3) },
  },
  {
    name: 'a concatenation with a flattened image',
    x: 'float[1,2,3,3]',
    nodes: [
      node('GlobalAveragePool', ['x'], 'g'),
      node('Squeeze', ['g', 'axes'], 'z'),
      node('Flatten', ['x'], 'f'),
      node('Concat', ['z', 'f'], 'y', { axis: 1 }),
    ],
    initializers: { axes: i32([2], [2, 3]) },
  },
  {
    name: 'infinity of a bit before a layer',
    x: 'float[1,6]',
    nodes: [
      node('Greater', ['x', 'zero'], 'b'),
      node('Cast', ['b'], 'c', { to: 1 }),
      node('Sub', ['one', 'c'], 'd'),
      node('Reciprocal', ['d'], 'r'),
      node('Gemm', ['r', 'w'], 'y'),
    ],
    initializers: { w: values([6, 4], signs), zero: f32([], [0]), one: f32([], [1]) },
  },
  {
    name: '12 LeakyRelu in a row',
    x: 'float[1,8]',
    nodes: chained(12, (x, out) => node('LeakyRelu', [x], out, { alpha: 0.5 })),
  },
  { name: '20 doublings in a row', x: 'float[1,8]', nodes: chained(20, (x, out) => node('Add', [x, x], out)) },
  { name: '12 HardSwish in a row', x: 'float[1,8]', nodes: chained(12, (x, out) => node('HardSwish', [x], out)) },
  {
    name: '1000 Add in a row',
    x: 'float[1,8]',
    nodes: chained(1000, (x, out) => node('Add', [x, 'k'], out)),
    initializers: { k: f32([1, 8], [1, 2, 3, 4, 5, 6, 7, -8]) },
  },
]

describe('what once went wrong equals onnxruntime', () => {
  test.each(cases)('$name', { timeout: 180_000 }, async ({ x, nodes, initializers = {} }) => {
    const bytes = model({ inputs: { x }, outputs: { y: 'float' }, nodes, initializers })
    const { graph } = await compiled(bytes)
    const { type } = graph.inputs[0]!
    for (const seed of [1, 2, 3]) {
      // Odd multiples of 1/64: no sign meets an exact 0.
      const next = seeded(seed)
      const number = () => 2 * Math.floor(next() * 128 - 64) + 1
      const numbers = Array.from({ length: elements(type.shape) }, number)
      const tensor =
        type.dtype === 'i32'
          ? i32(type.shape, numbers)
          : f32(
              type.shape,
              numbers.map(value => value / 64),
            )
      const feeds = new Map([['x', tensor]])
      const expected = (await runOnnxruntime(bytes, feeds)).get('y')!.values
      for (const [i, value] of numbersOf(interpret(graph, feeds).get('y')!).entries())
        if (!Object.is(value, expected[i])) expect(value, `y[${i}]`).toBeCloseTo(expected[i]!, 4)
    }
  })
})
