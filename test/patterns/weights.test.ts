import { describe, expect, test } from 'vitest'
import { elements, f32, type Tensor } from '../../src/ir/tensor.ts'
import { hasCompiler } from '../c-runner.ts'
import { type ModelSpec, model, type NodeSpec, node } from '../onnx.ts'
import { runOnnxruntime } from '../onnxruntime.ts'
import { dyadic, seeded } from '../random.ts'
import { codesOf, compiled, runC } from './compiled.ts'

const SHAPE = [6, 8, 3, 3]
const filled = (shape: readonly number[], value: (next: () => number, i: number) => number, seed = 5): Tensor => {
  const next = seeded(seed)
  return f32(
    shape,
    Float32Array.from({ length: elements(shape) }, (_, i) => value(next, i)),
  )
}
const alphaOf = (i: number): number => [0.5, 1, 0.25, 2, 0.75, 1.5][Math.floor(i / 72)]!
const sign = (next: () => number): number => (next() < 0.5 ? -1 : 1)

const latent = filled(SHAPE, next => dyadic(next))
const pmOne = filled(SHAPE, sign)
const perFilter = filled(SHAPE, (next, i) => sign(next) * alphaOf(i))
const scalar = (value: number) => f32([], [value])

/** Nodes that make `w` of constants. */
interface Weights {
  readonly name: string
  readonly nodes?: readonly NodeSpec[]
  readonly initializers: NonNullable<ModelSpec['initializers']>
  readonly opset?: number
  readonly domain?: string
  /** Scale of the result, where it is no part of the weights. */
  readonly after?: readonly NodeSpec[]
  readonly binary?: number
}

const signed = node('Sign', ['W'], 'signs')
const scaled = node('Mul', ['alpha', 'signs'], 'w')
const qonnx = 'qonnx.custom_op.general'

const exact: readonly Weights[] = [
  { name: 'W1 +1 and -1', initializers: { w: pmOne } },
  { name: 'W1 behind Identity', nodes: [node('Identity', ['v'], 'w')], initializers: { v: pmOne } },
  { name: 'W2 alpha per filter', initializers: { w: perFilter } },
  {
    name: 'W3 Sign(x / E) * E',
    nodes: [
      node('Abs', ['W'], 'abs'),
      node('ReduceMean', ['abs'], 'E'),
      node('Div', ['W', 'E'], 'unit'),
      node('Sign', ['unit'], 'signs'),
      node('Mul', ['signs', 'E'], 'w'),
    ],
    initializers: { W: filled(SHAPE, (next, i) => sign(next) * (i % 2 ? 0.25 : 0.75)) },
  },
  {
    name: 'W4 nested means of |W|',
    nodes: [
      node('Abs', ['W'], 'abs'),
      node('ReduceMean', ['abs'], 'm3', { axes: [3], keepdims: 1 }),
      node('ReduceMean', ['m3'], 'm2', { axes: [2], keepdims: 1 }),
      node('ReduceMean', ['m2'], 'alpha', { axes: [1], keepdims: 1 }),
      signed,
      scaled,
    ],
    initializers: { W: filled([6, 8, 4, 2], next => dyadic(next)) },
  },
  {
    name: 'W4 L1 norm / n',
    nodes: [
      node('ReduceL1', ['W'], 'l1', { axes: [1, 2, 3], keepdims: 1 }),
      node('Div', ['l1', 'n'], 'alpha'),
      signed,
      scaled,
    ],
    initializers: { W: filled([6, 8, 4, 2], next => dyadic(next)), n: scalar(64) },
  },
  {
    name: 'W5 Bi-Real: (alpha * sign - clip) + clip',
    nodes: [
      signed,
      node('Mul', ['alpha', 'signs'], 'scaled'),
      node('Clip', ['W', 'low', 'high'], 'clip'),
      node('Sub', ['scaled', 'clip'], 'd'),
      node('Add', ['d', 'clip'], 'w'),
    ],
    initializers: {
      W: latent,
      alpha: filled([6, 1, 1, 1], (_, i) => alphaOf(72 * i)),
      low: scalar(-1),
      high: scalar(1),
    },
  },
  {
    name: 'W6 alpha after the convolution',
    nodes: [node('Sign', ['W'], 'w')],
    after: [node('Mul', ['conv', 'alpha'], 'y')],
    initializers: { W: latent, alpha: filled([6, 1, 1], (_, i) => alphaOf(72 * i)) },
  },
  {
    name: 'W7 BipolarQuant',
    nodes: [node('BipolarQuant', ['W', 'alpha'], 'w', {}, qonnx)],
    initializers: { W: latent, alpha: scalar(0.25) },
    domain: qonnx,
  },
  {
    name: 'W7 BipolarQuant per filter',
    nodes: [node('BipolarQuant', ['W', 'alpha'], 'w', {}, 'onnx.brevitas')],
    initializers: { W: latent, alpha: filled([6, 1, 1, 1], (_, i) => alphaOf(72 * i)) },
    domain: 'onnx.brevitas',
  },
  {
    name: 'W8 Where(W >= 0, 1, -1)',
    nodes: [node('GreaterOrEqual', ['W', 'zero'], 'c'), node('Where', ['c', 'one', 'minus'], 'w')],
    initializers: { W: latent, zero: scalar(0), one: scalar(1), minus: scalar(-1) },
  },
  {
    name: 'W10 zeros in Sign(W)',
    nodes: [node('Sign', ['W'], 'w')],
    initializers: { W: filled(SHAPE, next => Math.floor(next() * 5) - 2) },
    binary: 2,
  },
  {
    name: 'W10 zeros, alpha per filter, and a filter of zeros',
    initializers: { w: filled(SHAPE, (next, i) => (i < 72 ? 0 : (Math.floor(next() * 3) - 1) * alphaOf(i))) },
    binary: 2,
  },
  {
    name: 'W11 signs flipped by a folded batch norm, and its bias',
    initializers: {
      w: filled(SHAPE, (next, i) => sign(next) * alphaOf(i) * (i % 144 < 72 ? -3 : 1)),
      bias: f32([6], [0.5, -1, 2, 0, 0.25, -8]),
    },
  },
]

const network = ({ nodes = [], initializers, after, domain }: Weights): Uint8Array =>
  model({
    inputs: { input: 'float[1,8,6,6]' },
    outputs: { y: 'float' },
    nodes: [
      node('Sign', ['input'], 'x'),
      ...nodes,
      node('Conv', ['x', 'w', ...('bias' in initializers ? ['bias'] : [])], after ? 'conv' : 'y', {
        pads: [1, 0, 1, 2],
      }),
      ...(after ?? []),
    ],
    initializers,
    ...(domain ? { domains: { [domain]: 1 } } : {}),
  })

const feeds = new Map([['input', filled([1, 8, 6, 6], next => dyadic(next), 11)]])

describe('binary weights', () => {
  test.each(exact)('$name', async weights => {
    const result = await compiled(network(weights))
    expect([result.binary, result.float, codesOf(result)]).toEqual([weights.binary ?? 1, 0, []])
  })

  test.runIf(hasCompiler('gcc'))('generated C equals onnxruntime', async () => {
    const cases = await Promise.all(
      exact.map(async (weights, i) => ({
        ...(await compiled(network(weights), `weights_${i}`, { weights: 'exact' })),
        feeds,
      })),
    )
    const results = runC(cases)
    for (const [i, weights] of exact.entries()) {
      if (weights.domain) continue
      const expected = (await runOnnxruntime(network(weights), feeds)).get('y')!.values
      expect(results[i], weights.name).toEqual(expected)
    }
  })
})

describe('W9 trained weights', () => {
  const zeros = { name: '', initializers: { w: filled(SHAPE, next => Math.floor(next() * 9) - 4) } }
  test('a few zeros count as +alpha, with a warning', async () => {
    const result = await compiled(network(zeros))
    expect([result.binary, codesOf(result)]).toEqual([1, ['zero-weights']])
    expect(result.warnings[0]!.message).toMatch(/^Conv 'y' has \d+ trained weights that are exactly 0/)
  })
  test('exact keeps the layer float', async () => {
    const result = await compiled(network(zeros), 'net', { weights: 'exact' })
    expect([result.binary, result.float]).toEqual([0, 1])
    expect(result.decisions.at(-1)!.reason).toContain('not ±alpha per filter')
  })
  test('rounding noise is no training, but exact refuses it', async () => {
    const noisy = {
      name: '',
      initializers: { w: filled(SHAPE, next => Math.fround(sign(next) * 0.01 * (1 + next() * 1e-5))) },
    }
    const result = await compiled(network(noisy))
    expect([result.binary, codesOf(result)]).toEqual([1, []])
    expect(result.decisions.at(-1)!.reason).toMatch(/weights ±alpha per filter \(but for rounding noise of \d/)
    expect((await compiled(network(noisy), 'net', { weights: 'exact' })).float).toBe(1)
  })
})

test('the interpreter agrees on zeros in weights of a layer whose input is 0 or 1', async () => {
  const bytes = model({
    inputs: { input: 'float[1,8,6,6]' },
    outputs: { y: 'float' },
    nodes: [
      node('Relu', ['input'], 'r'),
      node('Sign', ['r'], 'x'),
      node('Conv', ['x', 'w'], 'y', { pads: [1, 1, 1, 1], group: 2 }),
    ],
    initializers: { w: filled([6, 4, 3, 3], (next, i) => (Math.floor(next() * 3) - 1) * alphaOf(2 * i)) },
  })
  const result = await compiled(bytes)
  expect(result.binary).toBe(2)
  const [expected] = (await runOnnxruntime(bytes, feeds)).values()
  expect(runC([{ ...result, feeds }])[0]).toEqual(expected!.values)
})
