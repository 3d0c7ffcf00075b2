import fc from 'fast-check'
import { arg, call } from '../src/ir/expr.ts'
import { LARGEST_SUM, largestSums } from '../src/ir/integer-sums.ts'
import { constant, create, input } from '../src/ir/node.ts'
import type { Padding, Pair, Window } from '../src/ir/ops.ts'
import type { DType } from '../src/ir/tensor.ts'
import { dyadicTensor, epilogueOf, extrasFor, floats, graphOf, integers, spreads } from './random-epilogues.ts'

const image = fc.record({
  images: fc.constantFrom(1, 1, 2),
  height: fc.integer({ min: 1, max: 9 }),
  width: fc.integer({ min: 1, max: 9 }),
  seed: fc.integer(),
})

const window = fc.record({
  kernel: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
  stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  dilation: fc.tuple(fc.constantFrom(1, 1, 2), fc.constantFrom(1, 1, 2)),
  // Windows that stay inside the image have kernels of their own.
  padding: fc.oneof(
    { weight: 1, arbitrary: fc.constant(0).map(zero => [zero, zero, zero, zero]) },
    { weight: 3, arbitrary: fc.tuple(...[0, 1, 2, 3].map(() => fc.constantFrom(0, 0, 1, 2, 5))) },
  ),
})

/** A window with enough padding that at least one fits. */
function fitting(
  size: Pair,
  { kernel, stride, dilation, padding }: { kernel: Pair; stride: Pair; dilation: Pair; padding: number[] },
) {
  const needed = (axis: 0 | 1) =>
    Math.max(0, (kernel[axis] - 1) * dilation[axis] + 1 - size[axis] - padding[axis]! - padding[axis + 2]!)
  const fitted = [padding[0]!, padding[1]!, padding[2]! + needed(0), padding[3]! + needed(1)] as unknown as Padding
  return { kernel, window: { stride, dilation, padding: fitted } satisfies Window }
}

export const binaryLayer = fc
  .record({
    image,
    window,
    channels: fc.integer({ min: 1, max: 100 }),
    filters: fc.integer({ min: 1, max: 70 }),
    groups: fc.constantFrom(1, 1, 1, 2, 3),
    epilogue: epilogueOf(integers),
    spreads,
  })
  .map(
    ({ image: { images, height, width, seed }, window: raw, channels, filters, groups, epilogue, spreads: shapes }) => {
      const { kernel, window } = fitting([height, width], raw)
      const depth = groups === 1 ? [channels] : [groups, channels]
      const x = input('x', { dtype: 'bit', shape: [images, height, width, ...depth] })
      const weights = constant(dyadicTensor('bit', [filters * groups, ...kernel, channels], seed), ['weights'])
      const plain = create('binaryConv2d', [x, weights], { ...window, groups, epilogue: arg(0) }, ['layer'])
      const extras = extrasFor(plain.type.shape, shapes, seed)
      return graphOf(
        'binary',
        [x],
        [create('binaryConv2d', [x, weights, ...extras], { ...window, groups, epilogue }, ['layer'])],
      )
    },
  )

const groupCounts = fc.constantFrom(1, 1, 1, 2, 3)

export const floatLayer = fc
  .record({
    image,
    window,
    // Channels and filters of a group, and groups. One filter for one channel has a kernel of its own, and so has one for each.
    sizes: fc.oneof(
      {
        weight: 5,
        arbitrary: fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 40 }), groupCounts),
      },
      { weight: 1, arbitrary: fc.constant([1, 1, 1] as const) },
      { weight: 2, arbitrary: fc.integer({ min: 2, max: 300 }).map(groups => [1, 1, groups] as const) },
    ),
    types: fc.tuple(fc.constantFrom('f32', 'f32', 'u8'), fc.constantFrom('f32', 'f32', 'bit')),
    epilogue: epilogueOf(floats),
    spreads,
  })
  .map(
    ({
      image: { images, height, width, seed },
      window: raw,
      sizes: [channels, filters, groups],
      types,
      epilogue,
      spreads: shapes,
    }) => {
      const { kernel, window } = fitting([height, width], raw)
      const x = input('x', { dtype: types[0] as DType, shape: [images, height, width, channels * groups] })
      const weights = constant(dyadicTensor(types[1] as DType, [filters * groups, ...kernel, channels], seed), [
        'weights',
      ])
      const plain = create('conv2d', [x, weights], { ...window, groups, epilogue: arg(0) }, ['layer'])
      const extras = extrasFor(plain.type.shape, shapes, seed)
      return graphOf(
        'float',
        [x],
        [create('conv2d', [x, weights, ...extras], { ...window, groups, epilogue }, ['layer'])],
      )
    },
  )

/** Weights of any size: filters of coarse and fine ones side by side, so that both halves of a weight decide bits. */
function integerFilters(shape: readonly [number, number, number, number], seed: number) {
  const small = dyadicTensor('i32', shape, seed)
  const offsets = dyadicTensor('i32', [...shape.slice(0, 3), 1], seed + 1)
  const size = small.values.length / shape[0]
  const factors = largestSums(small, offsets).map((sum, filter) => {
    const most = Math.floor((LARGEST_SUM - 255 * 64 * size) / (sum + 1))
    return Math.max(1, Math.min(most, [1, 300, 100_000][(filter + (seed & 3)) % 3]!))
  })
  const values = Int32Array.from(
    small.values as Int32Array,
    (value, i) => value * factors[Math.floor(i / size)]! + (i % 3),
  )
  return [constant({ ...small, values }, ['weights']), constant(offsets, ['offsets'])] as const
}

export const integerLayer = fc
  .record({
    image,
    window,
    channels: fc.integer({ min: 1, max: 8 }),
    filters: fc.integer({ min: 1, max: 70 }),
    groups: fc.constantFrom(1, 1, 1, 2, 3),
    epilogue: epilogueOf(integers),
    spreads,
  })
  .map(
    ({ image: { images, height, width, seed }, window: raw, channels, filters, groups, epilogue, spreads: shapes }) => {
      const { kernel, window } = fitting([height, width], raw)
      const x = input('x', { dtype: 'u8', shape: [images, height, width, channels * groups] })
      const [weights, offsets] = integerFilters([filters * groups, ...kernel, channels], seed)
      const attrs = { ...window, groups }
      const plain = create('integerConv2d', [x, weights, offsets], { ...attrs, epilogue: arg(0) }, ['layer'])
      const extras = extrasFor(plain.type.shape, shapes, seed)
      const layer = create('integerConv2d', [x, weights, offsets, ...extras], { ...attrs, epilogue }, ['layer'])
      return graphOf('integer', [x], [layer])
    },
  )

/** Divisors that f32 divides dyadic sums by without rounding. */
const powerOfTwo = (count: number): boolean => Number.isInteger(Math.log2(count))

export const pooling = fc
  .record({
    image,
    window,
    channels: fc.integer({ min: 1, max: 70 }),
    dtype: fc.constantFrom('f32', 'i32', 'bit'),
    mean: fc.boolean(),
    counted: fc.boolean(),
    spreads,
    epilogue: fc.nat(),
  })
  .map(
    ({
      image: { images, height, width, seed },
      window: raw,
      channels,
      dtype,
      mean,
      counted,
      spreads: shapes,
      epilogue,
    }) => {
      const kind = mean && dtype === 'f32' ? 'mean' : 'max'
      const { kernel, window } = fitting([height, width], raw)
      // A window that sees nothing of the image has no maximum and no mean: dilated ones get no padding.
      const span = (axis: 0 | 1) => (kernel[axis] - 1) * window.dilation[axis]
      const allowed = ([0, 1, 0, 1] as const).map(axis => (window.dilation[axis] === 1 ? span(axis) : 0))
      const padding = window.padding.map((size, side) => Math.min(size, allowed[side]!)) as unknown as Padding
      const fits = ([0, 1] as const).every(
        axis => [height, width][axis]! + padding[axis] + padding[(axis + 2) as 2 | 3] > span(axis),
      )
      const own: Pair = fits && (kind === 'max' || powerOfTwo(kernel[0] * kernel[1])) ? kernel : [1, 1]
      const kept = own === kernel ? padding : ([0, 0, 0, 0] as const)
      const whole = kind === 'mean' && own === kernel
      const attrs = {
        kind,
        kernel: own,
        ...window,
        padding: kept,
        counted: whole || counted ? kept : ([0, 0, 0, 0] as const),
      } as const
      const x = input('x', { dtype: dtype as DType, shape: [images, height, width, channels] })
      const plain = create('pool', [x], { ...attrs, epilogue: arg(0) }, ['pool'])
      const extras = extrasFor(plain.type.shape, shapes, seed)
      const choices =
        dtype === 'f32' ? floats : dtype === 'i32' ? integers : [arg(0), call('not', arg(0)), call('float', arg(0))]
      return graphOf(
        'pooling',
        [x],
        [create('pool', [x, ...extras], { ...attrs, epilogue: choices[epilogue % choices.length]! }, ['pool'])],
      )
    },
  )

/** A convolution whose image one windowed op reads: what becomes a strip. */
export const pair = fc
  .record({
    size: fc.tuple(fc.integer({ min: 4, max: 12 }), fc.integer({ min: 1, max: 6 })),
    first: window,
    second: window,
    channels: fc.integer({ min: 1, max: 20 }),
    pools: fc.boolean(),
    seed: fc.integer(),
  })
  .map(({ size, first, second, channels, pools, seed }) => {
    const x = input('x', { dtype: 'bit', shape: [1, ...size, 40] })
    const one = fitting(size, first)
    const weights = constant(dyadicTensor('bit', [channels, ...one.kernel, 40], seed), ['weights'])
    const image = create('binaryConv2d', [x, weights], { ...one.window, groups: 1, epilogue: call('float', arg(0)) }, [
      'first',
    ])
    const [, height, width] = image.type.shape as [number, number, number]
    const two = fitting([height, width], second)
    const more = constant(dyadicTensor('f32', [5, ...two.kernel, channels], seed), ['more'])
    const last = pools
      ? create(
          'pool',
          [image],
          {
            kind: 'max',
            kernel: [2, 1],
            stride: [1, 2],
            dilation: [1, 1],
            padding: [1, 0, 0, 0],
            counted: [0, 0, 0, 0],
            epilogue: arg(0),
          },
          ['second'],
        )
      : create('conv2d', [image, more], { ...two.window, groups: 1, epilogue: arg(0) }, ['second'])
    return graphOf('pair', [x], [last])
  })
  .filter(graph => graph.outputs[0]!.node.type.shape.every(size => size > 0))
