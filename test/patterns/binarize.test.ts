import { describe, expect, test } from 'vitest'
import { CompileError } from '../../src/ir/diagnostic.ts'
import { interpret } from '../../src/ir/interpret.ts'
import { elements, f32, numbersOf, type Tensor } from '../../src/ir/tensor.ts'
import type { RunOptions } from '../../src/passes/pass.ts'
import { model, type NodeSpec } from '../onnx.ts'
import { runOnnxruntime } from '../onnxruntime.ts'
import { dyadic, seeded } from '../random.ts'
import { codesOf, compiled } from './compiled.ts'

const random = (seed: number, shape: readonly number[]): Tensor => {
  const next = seeded(seed)
  return f32(
    shape,
    Float32Array.from({ length: elements(shape) }, () => dyadic(next)),
  )
}

const weights = {
  w1: random(1, [8, 3, 3, 3]),
  w2: random(2, [4, 8, 2, 2]),
  w3: random(3, [4, 2, 2, 2]),
  w4: random(4, [5, 16]),
}
const window = { strides: [2, 2], pads: [1, 0, 0, 1] }

/** A plain float network of four layers, one of them with groups. */
const plain = (): Uint8Array => network([{ op: 'Conv', in: ['a', 'w2'], out: ['b'], name: 'second', attrs: window }])

const network = (second: readonly NodeSpec[], initializers: Record<string, Tensor> = {}): Uint8Array =>
  model({
    inputs: { x: 'float[1,3,8,8]' },
    outputs: { y: 'float' },
    nodes: [
      { op: 'Conv', in: ['x', 'w1'], out: ['a'], name: 'first', attrs: { pads: [1, 1, 1, 1] } },
      ...second,
      { op: 'Conv', in: ['b', 'w3'], out: ['c'], name: 'third', attrs: { group: 2, strides: [2, 2] } },
      { op: 'Flatten', in: ['c'], out: ['f'], name: 'flat' },
      { op: 'Gemm', in: ['f', 'w4'], out: ['y'], name: 'last', attrs: { transB: 1 } },
    ],
    initializers: { ...weights, ...initializers },
  })

/** (sign(x) * alpha·sign(W)) · K by hand. */
const byHand = (): Uint8Array => {
  const values = weights.w2.values as Float32Array
  const signs = f32(
    [4, 8, 2, 2],
    values.map((value, i) => {
      const filter = values.subarray(Math.floor(i / 32) * 32, Math.floor(i / 32) * 32 + 32)
      return Math.sign(value) * (filter.reduce((sum, each) => sum + Math.abs(each), 0) / 32)
    }),
  )
  return network(
    [
      { op: 'Sign', in: ['a'], out: ['s'], name: 'sign' },
      { op: 'Conv', in: ['s', 'alpha'], out: ['sum'], name: 'second', attrs: window },
      { op: 'Abs', in: ['a'], out: ['abs'] },
      { op: 'ReduceMean', in: ['abs'], out: ['mean'], attrs: { axes: [1], keepdims: 1 } },
      { op: 'Conv', in: ['mean', 'box'], out: ['K'], attrs: window },
      { op: 'Mul', in: ['sum', 'K'], out: ['b'] },
    ],
    { alpha: signs, box: f32([1, 1, 2, 2], [0.25, 0.25, 0.25, 0.25]) },
  )
}

const kindsOf = async (options: RunOptions) => {
  const { decisions } = await compiled(plain(), 'net', options)
  return Object.fromEntries(decisions.map(({ origin, kind }) => [origin[0], kind]))
}

describe('--binarize', () => {
  test('auto leaves a float model as it is', async () => {
    expect(await kindsOf({})).toEqual({ first: 'float', second: 'float', third: 'float', last: 'float' })
  })
  test('all: but the first and the last layer', async () => {
    expect(await kindsOf({ binarize: 'all', scale: 'alpha' })).toEqual({
      first: 'float',
      second: 'binary',
      third: 'binary',
      last: 'float',
    })
  })
  test('by name, the first and last too', async () => {
    const kinds = await kindsOf({ binarize: ['first', 'last'], scale: 'alpha' })
    expect(kinds).toEqual({ first: 'binary', second: 'float', third: 'float', last: 'binary' })
  })
  test('--weights exact is not about layers that the user names', async () => {
    expect(await kindsOf({ binarize: ['second'], scale: 'alpha', weights: 'exact' })).toMatchObject({
      second: 'binary',
    })
  })
  test('a name that is none is refused', async () => {
    const error = await compiled(plain(), 'net', { binarize: ['nowhere'] }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(CompileError)
    expect((error as CompileError).message).toBe(
      "invalid-option: --binarize: there is no layer 'nowhere'; there are 'first', 'second', 'third', 'last'.",
    )
  })
  test("alpha-k is XNOR-Net's formula, as onnxruntime computes it", async () => {
    const feeds = new Map([['x', random(9, [1, 3, 8, 8])]])
    const expected = (await runOnnxruntime(byHand(), feeds)).get('y')!.values
    const { graph } = await compiled(plain(), 'net', { binarize: ['second'], scale: 'alpha-k' })
    const actual = numbersOf(interpret(graph, feeds).get('y')!)
    actual.forEach((value, i) => void expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-4 * (1 + Math.abs(value))))
  })
  test('alpha-k with groups: a map per group', async () => {
    const { decisions, binary } = await compiled(plain(), 'net', { binarize: 'all' })
    expect(binary).toBe(2)
    expect(decisions.map(({ origin }) => origin[0])).toEqual(
      expect.arrayContaining(['second/K', 'third/K', 'second', 'third']),
    )
  })
})

describe('binary weights behind something that is no sign', () => {
  const lost = (channels: number, nodes: readonly NodeSpec[]) =>
    model({
      inputs: { x: `float[1,${channels},4,4]` },
      outputs: { y: 'float' },
      nodes: [...nodes, { op: 'Conv', in: ['a', 'w'], out: ['y'], name: 'conv' }],
      initializers: {
        w: f32(
          [2, channels, 1, 1],
          new Array(2 * channels).fill(0).map((_, i) => (i % 3 ? 1 : -1)),
        ),
      },
    })
  test('are warned of, with what would help', async () => {
    const result = await compiled(lost(8, [{ op: 'HardSigmoid', in: ['x'], out: ['a'], name: 'act' }]))
    expect(codesOf(result)).toEqual(['input-not-binary'])
    expect(result.warnings[0]).toMatchObject({
      where: { node: 'conv', op: 'Conv' },
      message: expect.stringContaining("its input is not a sign: the result of HardSigmoid 'act'"),
      hint: expect.stringContaining('--binarize conv'),
    })
    const restored = await compiled(lost(8, [{ op: 'Identity', in: ['x'], out: ['a'] }]), 'net', {
      binarize: ['conv'],
      scale: 'alpha',
    })
    // The input of the model may hold zeros.
    expect([restored.binary, codesOf(restored)]).toEqual([1, ['sign-of-zero']])
  })
  test('but not on an image of three colours', async () => {
    expect(codesOf(await compiled(lost(3, [{ op: 'Identity', in: ['x'], out: ['a'] }])))).toEqual([])
  })
})
