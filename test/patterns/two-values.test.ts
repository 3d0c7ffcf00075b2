import { describe, expect, test } from 'vitest'
import { f32 } from '../../src/ir/tensor.ts'
import { hasCompiler } from '../c-runner.ts'
import { model, node } from '../onnx.ts'
import { runOnnxruntime } from '../onnxruntime.ts'
import { dyadic, seeded } from '../random.ts'
import { compiled, runC } from './compiled.ts'

const scalar = (value: number) => f32([], [value])
const values = (shape: readonly number[], next: () => number) =>
  f32(
    shape,
    Array.from({ length: shape.reduce((product, size) => product * size) }, () => dyadic(next)),
  )

/** Where(x >= 0, high, low) before a layer of weights ±1. */
const network = (low: number, high: number) =>
  model({
    inputs: { x: 'float[1,24]' },
    outputs: { y: 'float' },
    nodes: [
      node('GreaterOrEqual', ['x', 'zero'], 'c'),
      node('Where', ['c', 'high', 'low'], 's'),
      node('MatMul', ['s', 'w'], 'y'),
    ],
    initializers: {
      zero: scalar(0),
      high: scalar(high),
      low: scalar(low),
      w: f32(
        [24, 3],
        Array.from({ length: 72 }, (_, i) => ((i * i) % 7 < 3 ? -1 : 1)),
      ),
    },
  })

describe('layers behind two values of any kind', () => {
  const pairs = [
    [1 / 16, 1],
    [-0.25, 0.75],
    [3, 5],
    [0, 1],
    [-2, 2],
    [-1.5, 0],
  ] as const
  test.each(pairs)('%d or %d: exact', async (low, high) => {
    const feeds = new Map([['x', values([1, 24], seeded(9))]])
    const result = await compiled(network(low, high))
    expect([result.binary, result.float]).toEqual([1, 0])
    if (!hasCompiler('gcc')) return
    expect(runC([{ ...result, feeds }])[0]).toEqual((await runOnnxruntime(network(low, high), feeds)).get('y')!.values)
  })
  test('values far apart stay float: the smaller one would drown', async () => {
    const result = await compiled(network(1, 2 ** 24))
    expect([result.binary, result.float]).toEqual([0, 1])
    expect(result.decisions.at(-1)!.reason).toContain('too far apart')
  })
  test('sums that may leave single precision stay float', async () => {
    const result = await compiled(network(-1e38, 1e38))
    expect([result.binary, result.float]).toEqual([0, 1])
    expect(result.decisions.at(-1)!.reason).toContain('may leave single precision')
  })
})
