import { describe, expect, test } from 'vitest'
import { compile } from '../../src/compile.ts'
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
  readonly channels?: number
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
    name: 'one zero: a second sum for one filter',
    initializers: { w: filled(SHAPE, (next, i) => (i === 100 ? 0 : sign(next))) },
    binary: 2,
  },
  {
    name: '2 bits, symmetric',
    initializers: { w: filled(SHAPE, (next, i) => (2 * Math.floor(next() * 4) - 3) * alphaOf(i)) },
    binary: 2,
  },
  {
    name: '2 bits, -2 to 1: an offset is a filter of ones',
    initializers: { w: filled(SHAPE, (next, i) => (Math.floor(next() * 4) - 2) * alphaOf(i)) },
    binary: 3,
  },
  {
    name: '4 bits',
    initializers: { w: filled([6, 32, 1, 1], next => (Math.floor(next() * 16) - 8) / 8) },
    channels: 32,
    binary: 5,
  },
  {
    name: 'ternary with two scales (TTQ)',
    initializers: { w: filled(SHAPE, next => [1.5, 0, -0.25][Math.floor(next() * 3)]!) },
    binary: 3,
  },
  {
    name: 'two unequal values',
    initializers: { w: filled(SHAPE, next => (next() < 0.5 ? -0.25 : 1.5)) },
    binary: 2,
  },
  {
    name: 'alpha per input channel',
    initializers: { w: filled(SHAPE, (next, i) => sign(next) * (1 + (Math.floor(i / 9) % 8) / 8) * alphaOf(i)) },
    binary: 6,
  },
  {
    name: 'alpha per tap',
    initializers: { w: filled([6, 8, 1, 3], (next, i) => sign(next) * (1 + (i % 3) / 2)) },
    binary: 3,
  },
  {
    name: 'W11 signs flipped by a folded batch norm, and its bias',
    initializers: {
      w: filled(SHAPE, (next, i) => sign(next) * alphaOf(i) * (i % 144 < 72 ? -3 : 1)),
      bias: f32([6], [0.5, -1, 2, 0, 0.25, -8]),
    },
  },
]

const network = ({ nodes = [], initializers, after, domain, channels = 8 }: Weights): Uint8Array =>
  model({
    inputs: { input: `float[1,${channels},6,6]` },
    outputs: { y: 'float' },
    nodes: [
      node('GreaterOrEqual', ['input', 'nought'], 'condition'),
      node('Where', ['condition', 'plus', 'minus'], 'x'),
      ...nodes,
      node('Conv', ['x', 'w', ...('bias' in initializers ? ['bias'] : [])], after ? 'conv' : 'y', {
        pads: [1, 0, 1, 2],
      }),
      ...(after ?? []),
    ],
    initializers: { ...initializers, nought: scalar(0), plus: scalar(1), minus: scalar(-1) },
    ...(domain ? { domains: { [domain]: 1 } } : {}),
  })

const feedsOf = ({ channels = 8 }: Weights) =>
  new Map([['input', filled([1, channels, 6, 6], next => dyadic(next), 11)]])
const feeds = feedsOf({ name: '', initializers: {} })

describe('binary weights', () => {
  test.each(exact)('$name', async weights => {
    const result = await compiled(network(weights))
    expect([result.binary, result.float, codesOf(result)]).toEqual([weights.binary ?? 1, 0, []])
  })

  test.runIf(hasCompiler('gcc'))('generated C equals onnxruntime', async () => {
    const cases = await Promise.all(
      exact.map(async (weights, i) => ({
        ...(await compiled(network(weights), `weights_${i}`, { weights: 'exact' })),
        feeds: feedsOf(weights),
      })),
    )
    const results = runC(cases)
    for (const [i, weights] of exact.entries()) {
      if (weights.domain) continue
      const expected = (await runOnnxruntime(network(weights), feedsOf(weights))).get('y')!.values
      expect(results[i], weights.name).toEqual(expected)
    }
  })
})

describe('weights that stay float, and say so', () => {
  const cases: readonly [string, Tensor, RegExp][] = [
    [
      'int8',
      filled(SHAPE, next => Math.floor(next() * 255) - 127),
      /weights of 67 equally spaced levels per filter would take 8 sums of bits/,
    ],
    [
      'alpha per input channel of many',
      filled([6, 64, 1, 1], (next, i) => sign(next) * (1 + (i % 64) ** 2 / 4096)),
      /±alpha per input channel/,
    ],
  ]
  test.each(cases)('%s', async (name, w, reason) => {
    const weights = { name, initializers: { w }, channels: w.shape[1]! }
    const result = await compiled(network(weights))
    expect([result.binary, result.float, codesOf(result)]).toEqual([0, 1, []])
    expect(result.decisions.at(-1)!.reason).toMatch(reason)
    const expected = (await runOnnxruntime(network(weights), feedsOf(weights))).get('y')!.values
    if (hasCompiler('gcc')) expect(runC([{ ...result, feeds: feedsOf(weights) }])[0]).toEqual(expected)
  })
})

describe('W9 trained weights', () => {
  const zeros = { name: '', initializers: { w: filled(SHAPE, (next, i) => (i % 9 ? next() * 2 - 1 : 0)) } }
  test('they are warned of, with the relative error of the weights; zeros count as +alpha, with a warning', async () => {
    const result = await compiled(network(zeros))
    expect([result.binary, codesOf(result)]).toEqual([1, ['changed-weights', 'zero-weights']])
    expect(result.warnings[0]!.message).toMatch(
      /^Conv 'y' has trained weights .* a relative error of the weights of 58 %/,
    )
    expect(result.warnings[1]!.message).toMatch(/^Conv 'y' has 48 trained weights that are exactly 0/)
    expect(result.decisions.at(-1)!.reason).toMatch(/trained weights: sign\(W\), .* relative error 0\.58/)
  })
  test('exact keeps the layer float', async () => {
    const result = await compiled(network(zeros), 'net', { weights: 'exact' })
    expect([result.binary, result.float]).toEqual([0, 1])
    expect(result.decisions.at(-1)!.reason).toContain('trained floats, not ±alpha')
  })
  test('rounding noise is no training, but exact refuses it', async () => {
    const noisy = {
      name: '',
      initializers: { w: filled(SHAPE, next => Math.fround(sign(next) * 0.01 * (1 + next() * 1e-5))) },
    }
    const result = await compiled(network(noisy))
    expect([result.binary, codesOf(result)]).toEqual([1, ['noisy-weights']])
    expect(result.decisions.at(-1)!.reason).toMatch(/weights ±alpha per filter \(but for rounding noise of \d/)
    expect((await compiled(network(noisy), 'net', { weights: 'exact' })).float).toBe(1)
  })
})

test.runIf(hasCompiler('gcc'))('generated C agrees on zeros in weights of a layer whose input is 0 or 1', async () => {
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

test('one zero among signs costs one filter more, not all of them', async () => {
  const bytesWith = async (zero: number) => {
    const w = filled([64, 64, 3, 3], (next, i) => sign(next) * 2 ** -(Math.floor(i / 576) % 3))
    ;(w.values as Float32Array)[1234] = zero
    const weights = { name: '', initializers: { w }, channels: 64 }
    return (await compile(network(weights), { target: 'c', name: 'net' })).summary.constantBytes
  }
  expect(await bytesWith(0)).toBeLessThan(1.05 * (await bytesWith(1)))
})
