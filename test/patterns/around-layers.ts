import { f32, i32 } from '../../src/ir/tensor.ts'
import { node } from '../onnx.ts'
import { dyadic, seeded } from '../random.ts'
import type { Layer } from './layers.ts'

const signs = (shape: readonly number[], seed = 3) => {
  const next = seeded(seed)
  const count = shape.reduce((a, b) => a * b, 1)
  return f32(
    shape,
    Array.from({ length: count }, () => (next() < 0.5 ? -1 : 1)),
  )
}
const conv = (x: string, w = 'w') => node('Conv', [x, w], 'y')
const sign = node('Sign', ['x'], 's')
const w = signs([6, 4, 3, 3])
const next = seeded(9)
const gains = f32(
  [6, 1, 1],
  Array.from({ length: 6 }, () => dyadic(next)),
)

/** Signs behind operators that pick, pad or spread values, and weights behind a dequantization: bits all the same. */
export const aroundLayers: readonly Layer[] = [
  ...['reflect', 'edge'].map(mode => ({
    name: `Pad by ${mode} of a sign`,
    nodes: [sign, node('Pad', ['s', 'pads'], 'p', { mode }), conv('p')],
    initializers: { w, pads: i32([8], [0, 0, 1, 2, 0, 0, 2, 1]) },
    binary: 1,
  })),
  ...[2, 1.7].map(scale => ({
    name: `Resize of a sign to the nearest pixel, ${scale}`,
    nodes: [sign, node('Resize', ['s', '', 'scales'], 'r', { mode: 'nearest' }), conv('r')],
    initializers: { w, scales: f32([4], [1, 1, scale, scale]) },
    binary: 1,
  })),
  {
    name: 'ConvTranspose of a sign, then another layer: one for each of 4 places, and one',
    nodes: [
      sign,
      node('ConvTranspose', ['s', 'u'], 'c', { strides: [2, 2], pads: [1, 1, 1, 1] }),
      node('Mul', ['c', 'gains'], 'g'),
      node('Add', ['g', 'half'], 'h'),
      node('Sign', ['h'], 't'),
      conv('t', 'v'),
    ],
    initializers: { u: signs([4, 6, 3, 3], 4), v: signs([5, 6, 2, 2], 5), gains, half: f32([], [1 / 16]) },
    binary: 5,
  },
  {
    name: 'weights of ±1 as int8 behind DequantizeLinear, a scale for each filter',
    nodes: [sign, node('DequantizeLinear', ['q', 'scales'], 'd', { axis: 0 }), conv('s', 'd')],
    initializers: {
      q: { type: 'int8', dims: [6, 4, 3, 3], ints: Array.from(w.values, Number) },
      scales: f32([6], [0.5, 1, 2, 0.25, 4, 1]),
    },
    binary: 1,
  },
  {
    name: 'QuantizeLinear and DequantizeLinear between a sum and its sign',
    nodes: [
      sign,
      node('Conv', ['s', 'w'], 'c'),
      node('QuantizeLinear', ['c', 'step', 'zero'], 'q'),
      node('DequantizeLinear', ['q', 'step', 'zero'], 'd'),
      node('Add', ['d', 'half'], 'h'),
      node('Sign', ['h'], 't'),
      conv('t', 'v'),
    ],
    initializers: {
      w,
      v: signs([5, 6, 2, 2], 6),
      step: f32([], [4]),
      zero: { type: 'int8', dims: [], ints: [3] },
      half: f32([], [0.5]),
    },
    binary: 2,
  },
]
