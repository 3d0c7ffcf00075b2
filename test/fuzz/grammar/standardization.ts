import { elements } from '../../../src/ir/tensor.ts'
import { type Builder, require } from '../builder.ts'
import type { Choices } from '../choices.ts'
import type { Value } from '../network.ts'
import { kindOf } from './elementwise.ts'
import { windowOf } from './layers.ts'
import { type Rules, rule } from './rule.ts'

const vector = (b: Builder, c: Choices, size: number): string => b.floats(c, [size], kindOf(c))
const scalar = (
  b: Builder,
  c: Choices,
  type: 'float' | 'uint8' | 'int64',
  value: number,
  shape: number[] = [],
): string => b.constant(c, { type, shape, values: [value] })

/** Two pixels for one, along both axes of an image. */
function doubled(b: Builder, c: Choices, op: 'Resize' | 'Upsample'): void {
  const x = b.float(c, 4)
  const factors = [1, 1, 1 + c.pick(2), 1 + c.pick(2)]
  const scales = b.constant(c, { type: 'float', shape: [4], values: factors })
  const result = { type: 'float', shape: x.shape.map((size, axis) => size * factors[axis]!) } as const
  if (op === 'Upsample') return void b.add(op, [x, scales], result, { mode: 'nearest' })
  const mode = c.oneOf('nearest', 'linear')
  const attrs =
    mode === 'nearest'
      ? { mode, coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }
      : { mode, coordinate_transformation_mode: c.oneOf('half_pixel', 'asymmetric', 'align_corners') }
  b.add(op, [x.name, '', scales], result, attrs)
}

/** Values by a whole scale and zero point of bytes, and back again: what calibrated networks have around layers. */
function quantized(b: Builder, c: Choices): void {
  const x = b.float(c)
  const parameters = [scalar(b, c, 'float', c.oneOf(1, 0.5, 0.25)), scalar(b, c, 'uint8', c.oneOf(0, 128, 3))]
  const bytes = b.add('QuantizeLinear', [x.name, ...parameters], { type: 'uint8', shape: x.shape })
  b.add('DequantizeLinear', [bytes.name, ...parameters], x)
  b.values.splice(b.values.indexOf(bytes), 1)
}

/** Where the largest value is, as a float: networks end in it. */
function position(b: Builder, c: Choices, op: string): void {
  const x = b.float(c)
  require(x.shape.length > 0)
  const axis = c.pick(x.shape.length)
  const at = b.add(op, [x], { type: 'int64', shape: x.shape.with(axis, 1) }, { axis, keepdims: 1 })
  b.add('Cast', [at], { type: 'float', shape: at.shape }, { to: 1 })
}

function asFloat(b: Builder, sums: Value): void {
  b.add('Cast', [sums], { type: 'float', shape: sums.shape }, { to: 1 })
  b.values.splice(b.values.indexOf(sums), 1)
}

const normalized = (op: string, since: number, parameters: (b: Builder, c: Choices, x: Value) => string[]) =>
  rule(
    (b, c) => {
      const x = b.float(c, 4, 3)
      b.add(op, [x.name, ...parameters(b, c, x)], x)
    },
    since,
    1,
  )

const last = (b: Builder, c: Choices, x: Value): string => vector(b, c, x.shape.at(-1)!)

export const standardization = {
  InstanceNormalization: normalized('InstanceNormalization', 6, (b, c, x) => [
    vector(b, c, x.shape[1]!),
    vector(b, c, x.shape[1]!),
  ]),
  LayerNormalization: normalized('LayerNormalization', 17, (b, c, x) => [last(b, c, x), last(b, c, x)]),
  RMSNormalization: normalized('RMSNormalization', 23, (b, c, x) => [last(b, c, x)]),
  GroupNormalization: rule(
    (b, c) => {
      const x = b.float(c, 4, 3)
      const channels = x.shape[1]!
      const num_groups = c.pick(2) && channels % 2 === 0 ? 2 : 1
      b.add('GroupNormalization', [x.name, vector(b, c, channels), vector(b, c, channels)], x, { num_groups })
    },
    21,
    1,
  ),
  MeanVarianceNormalization: rule(
    (b, c) => {
      const x = b.float(c, 4)
      b.add('MeanVarianceNormalization', [x], x)
    },
    9,
    1,
  ),
  LpNormalization: rule(
    (b, c) => {
      const x = b.float(c)
      require(x.shape.length > 0)
      b.add('LpNormalization', [x], x, { axis: c.pick(x.shape.length), p: 1 + c.pick(2) })
    },
    6,
    1,
  ),
  ConvTranspose: rule(
    (b, c) => {
      const x = b.float(c, 4, 4, 3)
      const [n, channels, ...spatial] = x.shape as [number, number, ...number[]]
      const filters = b.size(c)
      const kernel = spatial.map(() => 1 + c.pick(3))
      const strides = spatial.map(() => 1 + c.near(3))
      const pads = [...kernel, ...kernel].map(size => Math.min(c.near(2), size - 1))
      const sizes = spatial.map(
        (size, k) => (size - 1) * strides[k]! + kernel[k]! - pads[k]! - pads[k + spatial.length]!,
      )
      require(sizes.every(size => size >= 1) && elements(sizes) * filters * channels * elements(kernel) < 60_000)
      const weights = b.floats(c, [channels, filters, ...kernel], c.oneOf('ones', 'signs', 'scaled signs', 'dyadic'))
      b.add(
        'ConvTranspose',
        [x.name, weights],
        { type: 'float', shape: [n, filters, ...sizes] },
        { kernel_shape: kernel, strides, pads },
      )
    },
    6,
    3,
  ),
  Resize: rule((b, c) => doubled(b, c, 'Resize'), 13, 2),
  Upsample: rule(
    (b, c) => {
      require(b.opset === 9)
      doubled(b, c, 'Upsample')
    },
    9,
    2,
  ),
  QuantizeLinear: rule(quantized, 10, 1),
  DequantizeLinear: rule(quantized, 10, 1),
  ArgMax: rule((b, c) => position(b, c, 'ArgMax'), 8, 1),
  ArgMin: rule((b, c) => position(b, c, 'ArgMin'), 8, 1),
  TopK: rule(
    (b, c) => {
      const x = b.float(c)
      require(x.shape.length > 0)
      const axis = c.pick(x.shape.length)
      const count = 1 + c.pick(Math.min(x.shape[axis]!, 3))
      const shape = x.shape.with(axis, count)
      const results = [
        { type: 'float', shape },
        { type: 'int64', shape },
      ] as const
      const [, at] = b.addAll('TopK', [x.name, scalar(b, c, 'int64', count, [1])], results, { axis })
      if (c.pick(2)) b.add('Cast', [at!], { type: 'float', shape }, { to: 1 })
    },
    10,
    1,
  ),
  /** Bytes times bytes in whole numbers, often floats for what follows; arithmetic on int32 wraps around. */
  MatMulInteger: rule(
    (b, c) => {
      const x = b.take(
        c,
        'uint8',
        ({ shape }) => shape.length >= 2,
        () => b.shape(c, 2),
      )
      const [k, n] = [x.shape.at(-1)!, b.size(c)]
      require(k >= 1)
      const values = Array.from({ length: k * n }, () => c.oneOf(1, 0, 2, 255))
      const weights = b.constant(c, { type: 'uint8', shape: [k, n], values })
      const sums = b.add('MatMulInteger', [x.name, weights], { type: 'int32', shape: [...x.shape.slice(0, -1), n] })
      if (c.pick(2) === 0) asFloat(b, sums)
    },
    10,
    1,
  ),
  ConvInteger: rule(
    (b, c) => {
      const x = b.take(
        c,
        'uint8',
        ({ shape }) => shape.length === 4,
        () => b.shape(c, 4),
      )
      const [n, channels, ...spatial] = x.shape as [number, number, ...number[]]
      const filters = b.size(c)
      const { kernel, sizes, attrs } = windowOf(b, c, spatial)
      const shape = [filters, channels, ...kernel]
      require(elements(shape) <= 200)
      const values = Array.from({ length: elements(shape) }, () => c.oneOf(1, 0, 2, 255))
      const weights = b.constant(c, { type: 'uint8', shape, values })
      const sums = b.add('ConvInteger', [x.name, weights], { type: 'int32', shape: [n, filters, ...sizes] }, attrs)
      if (c.pick(2) === 0) asFloat(b, sums)
    },
    10,
    1,
  ),
} satisfies Rules
