import { expect, test } from 'vitest'
import { compile } from '../src/index.ts'
import { f32 } from '../src/ir/tensor.ts'
import { lower } from '../src/lower/index.ts'
import { addMacs, macsOf } from '../src/macs.ts'
import { callsOf } from '../src/plan/buffers.ts'
import { model, node } from './onnx.ts'
import { seeded } from './random.ts'
import { dyadicTensor } from './random-epilogues.ts'
import { smallGraph } from './small-graph.ts'

test('multiply-accumulates are those inside the image', () => {
  const calls = lower(smallGraph()).steps.flatMap(callsOf)
  const macs = calls.map(macsOf).filter(({ binary, float }) => binary + float > 0)
  // 6×6 with a border of 1: of 18 taps along an axis 2 are outside. 3×3: 2 of 9. The last layer has no border.
  expect(macs).toEqual([
    { binary: 0, integer: 0, float: 16 * 16 * 2 * 4 },
    { binary: 7 * 7 * 4 * 5, integer: 0, float: 0 },
    { binary: 3 * 3 * 5 * 3, integer: 0, float: 0 },
  ])
  expect(addMacs(macs)).toEqual({ binary: 980 + 135, integer: 0, float: 2048 })
})

test('the summary counts them in the same way', async () => {
  const bytes = model({
    inputs: { x: 'float[1,2,6,6]' },
    outputs: { y: 'float' },
    nodes: [node('Conv', ['x', 'w'], 'y', { pads: [1, 1, 1, 1], strides: [2, 2] })],
    initializers: { w: dyadicTensor('f32', [4, 2, 3, 3], 1) },
  })
  const { summary } = await compile(bytes, { target: 'c', name: 'net' })
  // Windows at -1, 1 and 3: two, three and three of their taps lie inside along each axis.
  expect(summary.layers.map(({ macs }) => macs)).toEqual([8 * 8 * 2 * 4])
  expect(summary.totals.macs).toBe(512)
})

test('a layer of floats whose weights are two planes is one layer', async () => {
  const next = seeded(2)
  const weights = Float32Array.from({ length: 600 * 32 }, () => Math.floor(3 * next()) - 1)
  const bytes = model({
    inputs: { x: 'float[1,600]' },
    outputs: { y: 'float' },
    nodes: [node('MatMul', ['x', 'w'], 'y')],
    initializers: { w: f32([600, 32], weights) },
  })
  const { summary } = await compile(bytes, { target: 'c', name: 'net' })
  expect(summary.layers.map(({ reason }) => reason)).toEqual([expect.stringContaining('two planes')])
  expect(summary.totals).toMatchObject({ layers: 1, macs: 600 * 32, floatBytes: 4 * 600 * 32 })
})
