import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { wasm } from '../../src/backends/wasm/index.ts'
import { describeVerification } from '../../src/cli/show-verification.ts'
import { toHalf } from '../../src/frontend/half.ts'
import { arg, call, type Expr, number } from '../../src/ir/expr.ts'
import { type Graph, rebuild } from '../../src/ir/graph.ts'
import { constant, create } from '../../src/ir/node.ts'
import { f32 } from '../../src/ir/tensor.ts'
import type { PassContext, Stage } from '../../src/passes/pass.ts'
import { pipeline } from '../../src/passes/pipeline.ts'
import { makeFeeds } from '../../src/run/inputs.ts'
import { createWasmRunner } from '../../src/run/wasm.ts'
import { half, single } from '../../src/verify/bounded.ts'
import { openOnnxruntime } from '../../src/verify/onnxruntime.ts'
import type { Reference } from '../../src/verify/reference.ts'
import { type VerifyOptions, verifyModel } from '../../src/verify/verify-model.ts'
import { model } from '../onnx.ts'
import { seeded } from '../random.ts'
import { isMissing, readShared } from '../shared.ts'

/** s0 = sign(x0 + x1 + x2) and s1 = sign(x0), then 4·(s0 + s1) and 2·(s0 − s1): where the sum rounds its order decides s0. */
const sums = () =>
  model({
    inputs: { x: 'float[1,3]' },
    outputs: { y: 'float[1,2]' },
    initializers: { w: f32([3, 2], [1, 1, 1, 0, 1, 0]), v: f32([2, 2], [4, 2, 4, -2]) },
    nodes: [
      { op: 'MatMul', name: 'sum', in: ['x', 'w'], out: ['sum.out'] },
      { op: 'Sign', name: 'sign', in: ['sum.out'], out: ['sign.out'] },
      { op: 'MatMul', name: 'last', in: ['sign.out', 'v'], out: ['y'] },
    ],
  })

const verifySums = (x: readonly number[], more: Partial<VerifyOptions> = {}) =>
  verifyModel(sums(), {
    name: 'sums',
    backend: wasm,
    runner: createWasmRunner(),
    feeds: () => [new Map([['x', f32([1, 3], x)]])],
    references: [],
    tolerance: 1e-5,
    ...more,
  })

/** 1 + 2^-24 − 1 is 0 from left to right, whose sign is 0 in ONNX and +1 in bits, and 2^-24 in another order. */
const undecided = [1, 2 ** -24, -1]

describe('a sign that rounding decides', () => {
  test('is named with its distance and its bound', async () => {
    const result = await verifySums(undecided)
    expect(result).toMatchObject({ ok: true, verdict: 'explained' })
    expect(result.outputs).toMatchObject([
      { reference: 'interpreter', verdict: 'explained', bits: [{ node: 'sign', index: 0, distance: 0, taken: 1 }] },
    ])
    // 2 · 3 terms · 2^-24 · (1 + 2^-24 + 1), in single precision.
    expect(result.outputs[0]!.bits[0]!.bound).toBeCloseTo(12 * 2 ** -24, 9)
    const text = describeVerification(result)
    expect(text).toContain("  sample 0, 'sign' [0]: 0 from its threshold, within the bound of 7.152557e-7; taken as 1")
    expect(text).toMatch(
      /^verified but for the named bits, which rounding decides: wasm, 2 results of 1 sample; nothing else differs from the interpreter alone/m,
    )
  })

  test('is none where the sum is exact', async () => {
    const result = await verifySums([1, 2 ** -23, -1])
    expect(result).toMatchObject({ ok: true, verdict: 'equal' })
  })

  /** A compiler that takes sums below 2^-9 for negative. */
  const moved: Stage = {
    name: 'broken',
    passes: [
      {
        name: 'break',
        run: graph =>
          rebuild(graph, node =>
            node.op === 'map' && node.attrs.expr.fn === 'sign'
              ? create('map', node.operands, { expr: call('sign', call('sub', arg(0), number(2 ** -9))) }, node.origin)
              : node,
          ),
      },
    ],
  }

  test('is no excuse for one that it does not decide', async () => {
    const result = await verifySums([1, 2 ** -10, -1], { stages: [moved, ...pipeline] })
    expect(result).toMatchObject({ ok: false, verdict: 'different' })
    expect(result.outputs[0]!.departure).toMatchObject({ node: 'sign', wrong: 1 })
  })

  test('of the reference: named where it lies within the bound, else different', async () => {
    /** Another runtime: its signs, and what follows from them. */
    const reference = (signs: readonly [number, number]): Reference => ({
      name: 'onnxruntime',
      arithmetic: single,
      representable: feeds => feeds,
      run: async () => new Map([['y', f32([1, 2], [4 * (signs[0] + signs[1]), 2 * (signs[0] - signs[1])])]]),
      runNodes: async () => new Map([['sign', [...signs]]]),
    })
    const near = await verifySums(undecided, { references: [reference([-1, 1])] })
    expect(near.outputs[1]).toMatchObject({ reference: 'onnxruntime', verdict: 'explained' })
    expect(near.outputs[1]!.bits.map(({ taken }) => taken)).toEqual([1, -1])
    const far = await verifySums(undecided, { references: [reference([1, -1])] })
    expect(far).toMatchObject({ ok: false, verdict: 'different' })
    expect(far.outputs[1]!.departure).toMatchObject({ node: 'sign', index: 1, actual: -1, expected: 1 })
  })
})

describe('a sign of an exact zero', () => {
  test('is verified where a warning names it', async () => {
    const result = await verifySums([0, 0, 0])
    expect(result).toMatchObject({ ok: true, verdict: 'explained' })
    expect(result.outputs[0]!.zeros.map(({ node, index, taken }) => [node, index, taken])).toEqual([
      ['sign', 0, 1],
      ['sign', 1, 1],
    ])
  })

  test('is not where none does', async () => {
    const silent = pipeline.map(stage => ({
      ...stage,
      passes: stage.passes.map(pass => ({
        ...pass,
        run: (graph: Graph, context: PassContext) => pass.run(graph, { ...context, warn: () => {} }),
      })),
    }))
    const result = await verifySums([0, 0, 0], { stages: silent })
    expect(result).toMatchObject({ ok: false, verdict: 'different' })
    expect(describeVerification(result)).toContain(
      "'sign' takes the sign of an exact 0 at 2 of 2 values, [0] the first: 0 in ONNX, 1 in the generated code, and no warning says so",
    )
  })
})

describe('a value of a few bits', () => {
  /** 28 times -1, 8 times 0 and 28 times +1: either plane alone is nearly the value. */
  const x = Float32Array.from({ length: 64 }, (_, i) => (i < 28 ? -2 : i < 36 ? 0.125 : 2))
  const next = seeded(3)
  const bytes = model({
    opset: 13,
    inputs: { x: 'float[1,64]' },
    outputs: { y: 'float[1,4]' },
    initializers: {
      low: f32([], [-1]),
      high: f32([], [1]),
      w: f32(
        [64, 4],
        Float32Array.from({ length: 256 }, () => (next() < 0.5 ? -1 : 1)),
      ),
    },
    nodes: [
      { op: 'Clip', name: 'clip', in: ['x', 'low', 'high'], out: ['clip.out'] },
      { op: 'Round', name: 'round', in: ['clip.out'], out: ['round.out'] },
      { op: 'MatMul', name: 'last', in: ['round.out', 'w'], out: ['y'] },
    ],
  })
  const verifyCodes = (stages = pipeline) =>
    verifyModel(bytes, {
      name: 'codes',
      backend: wasm,
      runner: createWasmRunner(),
      feeds: () => [new Map([['x', f32([1, 64], x)]])],
      references: [],
      tolerance: 1e-5,
      stages,
    })

  test('is what its planes add up to', async () => {
    expect(await verifyCodes()).toMatchObject({ ok: true, verdict: 'equal' })
  })

  test('is none of other planes', async () => {
    /** A compiler that takes 0 for -1. */
    const moved: Stage = {
      name: 'broken',
      passes: [
        {
          name: 'break',
          run: graph =>
            rebuild(graph, node => {
              if (node.op !== 'map' || node.attrs.expr.fn !== 'ge') return node
              const [value, limit] = node.attrs.expr.args as [Expr, Expr]
              if (limit.fn !== 'number' || limit.value > 0) return node
              return create('map', node.operands, { expr: call('ge', value, number(0.25)) }, node.origin)
            }),
        },
      ],
    }
    const result = await verifyCodes([...pipeline, moved])
    expect(result).toMatchObject({ ok: false, verdict: 'different' })
    expect(result.outputs[0]!.departure).toMatchObject({ node: 'round', wrong: 8, index: 28, expected: 0 })
  })
})

describe('a model with float16 inside', () => {
  const path = 'field/40-fp16.onnx'
  const verifyHalf = async (stages = pipeline) => {
    const onnxruntime = await openOnnxruntime(readShared(path))
    if (typeof onnxruntime === 'string') throw new Error(onnxruntime)
    expect(onnxruntime.arithmetic).toBe(half)
    return verifyModel(readShared(path), {
      name: 'half',
      backend: wasm,
      runner: createWasmRunner(),
      // Numbers that float16 does not have, so that onnxruntime rounds.
      feeds: graph => [1, 2, 3, 4].map(seed => makeFeeds(graph, seed)),
      references: [onnxruntime],
      tolerance: 1e-7,
      stages,
    })
  }

  test.skipIf(isMissing(path))('is verified but for what float16 rounds', async () => {
    const result = await verifyHalf()
    expect(result.outputs.filter(({ reference }) => reference === 'interpreter').map(({ verdict }) => verdict)).toEqual(
      ['equal', 'equal', 'equal', 'equal'],
    )
    expect(result).toMatchObject({ ok: true, verdict: 'explained' })
  })

  test.skipIf(isMissing(path))('is not where a weight is another', async () => {
    const wrong: Stage = {
      name: 'broken',
      passes: [
        {
          name: 'break',
          run: graph =>
            rebuild(graph, node => {
              const { value } = node.op === 'constant' ? node.attrs : {}
              if (value?.dtype !== 'bit' || value.shape.length !== 4) return node
              const flipped = (value.values as Uint8Array).map((bit, k) => (k === 0 ? 1 - bit : bit))
              return constant({ ...value, values: flipped }, node.origin)
            }),
        },
      ],
    }
    expect(await verifyHalf([...pipeline, wrong])).toMatchObject({ ok: false, verdict: 'different' })
  })
})

test('float16 is rounded as onnxruntime rounds it', async () => {
  const next = seeded(3)
  const numbers = [
    0,
    -0,
    1,
    65504,
    65519,
    65520,
    1e6,
    -1e6,
    2 ** -24,
    2 ** -25,
    1.5 * 2 ** -25,
    2 ** -14 * (1 - 2 ** -12),
  ]
  const random = Array.from({ length: 4000 }, () => (2 * next() - 1) * 2 ** Math.floor(44 * next() - 26))
  const values = Float32Array.from([...numbers, ...random, Infinity, -Infinity])
  const cast = model({
    inputs: { x: `float[${values.length}]` },
    outputs: { y: `float16[${values.length}]` },
    nodes: [{ op: 'Cast', in: ['x'], out: ['y'], attrs: { to: 10 } }],
    initializers: {},
  })
  const session = await InferenceSession.create(cast)
  const { y } = await session.run({ x: new OrtTensor('float32', values, [values.length]) })
  expect(Array.from(values, toHalf)).toEqual(Array.from(y!.data as Uint16Array))
})
