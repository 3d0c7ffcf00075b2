import fc from 'fast-check'
import { arg, call, type Expr, number } from '../src/ir/expr.ts'
import type { Graph } from '../src/ir/graph.ts'
import { constant, create, input, type Node } from '../src/ir/node.ts'
import type { Padding, Pair, Window } from '../src/ir/ops.ts'
import { allocate, type DType, elements, type Shape, type Tensor } from '../src/ir/tensor.ts'

/** Small whole numbers and eighths: sums of their products are exact in f32, in any order. */
export function dyadicTensor(dtype: DType, shape: Shape, seed: number): Tensor {
  const values = allocate(dtype, elements(shape))
  let state = seed | 1
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    const random = (state >>> 8) % 33
    const value = { f32: (random - 16) / 8, i32: random - 16, bit: random & 1, u8: random * 7, i64: 0 }[dtype]
    if (values instanceof BigInt64Array) values[i] = BigInt(random % 4)
    else values[i] = value
  }
  return { dtype, shape, values }
}

const graphOf = (name: string, inputs: readonly Node<'input'>[], outputs: readonly Node[]): Graph => ({
  name,
  inputs,
  outputs: outputs.map((node, k) => ({ name: `result${k}`, node })),
})

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
  padding: fc.tuple(...[0, 1, 2, 3].map(() => fc.constantFrom(0, 0, 1, 2, 5))),
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

/** How the extra operands of an epilogue lie: per channel, one for all, per pixel, or as large as the result. */
const spread = fc.constantFrom<(shape: Shape) => Shape>(
  shape => [1, 1, 1, shape[3]!],
  () => [1, 1, 1, 1],
  shape => [shape[0]!, shape[1]!, shape[2]!, 1],
  shape => shape,
)

const floats: readonly Expr[] = [
  arg(0),
  call('add', arg(0), arg(1)),
  call('max', call('add', call('mul', arg(0), arg(1)), arg(2)), number(0)),
  call('ge', arg(0), arg(1)),
  call('ge', call('add', call('mul', call('mul', arg(0), arg(1)), arg(2)), arg(1)), number(0)),
  call('select', call('gt', arg(0), number(0)), arg(0), call('mul', arg(0), arg(1))),
  call('gt', arg(1), arg(2)),
  call('not', call('or', call('gt', arg(0), arg(1)), call('eq', arg(0), arg(2)))),
  call('sub', call('abs', arg(0)), call('neg', call('min', call('sign', arg(1)), call('floor', arg(2))))),
]

const integers: readonly Expr[] = [
  arg(0),
  call('ge', arg(0), arg(3)),
  call('not', call('gt', arg(0), arg(3))),
  call('add', call('max', arg(0), arg(3)), call('abs', arg(3))),
  call('ge', call('add', call('mul', call('mul', call('float', arg(0)), arg(1)), arg(2)), arg(1)), number(0)),
  call('xor', call('ge', arg(0), arg(3)), arg(4)),
  call('select', arg(4), arg(0), arg(3)),
  call('mul', call('float', arg(4)), call('float', arg(0))),
]

/** f32 operands 1 and 2, i32 operand 3, bits 4, with shapes that broadcast to the result's. */
const extrasFor = (shape: Shape, spreads: readonly ((shape: Shape) => Shape)[], seed: number): Node[] =>
  (['f32', 'f32', 'i32', 'bit'] as const).map((dtype, k) => {
    const own = spreads[k]!(shape)
    const value = dyadicTensor(dtype, own, seed + k)
    return constant(value, [`extra ${k}`])
  })

const spreads = fc.tuple(spread, spread, spread, spread)
const epilogueOf = (list: readonly Expr[]) => fc.constantFrom(...list)

const binaryLayer = fc
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

const floatLayer = fc
  .record({
    image,
    window,
    channels: fc.integer({ min: 1, max: 12 }),
    filters: fc.integer({ min: 1, max: 40 }),
    groups: fc.constantFrom(1, 1, 1, 2, 3),
    types: fc.tuple(fc.constantFrom('f32', 'f32', 'u8'), fc.constantFrom('f32', 'f32', 'bit')),
    epilogue: epilogueOf(floats),
    spreads,
  })
  .map(
    ({
      image: { images, height, width, seed },
      window: raw,
      channels,
      filters,
      groups,
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

/** Divisors that f32 divides dyadic sums by without rounding. */
const powerOfTwo = (count: number): boolean => Number.isInteger(Math.log2(count))

const pooling = fc
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
      // A window that sees nothing of the image has no maximum and no mean.
      const padding = window.padding.map((size, side) =>
        Math.min(size, (kernel[(side % 2) as 0 | 1] - 1) * window.dilation[(side % 2) as 0 | 1]),
      ) as unknown as Padding
      const fits = [0, 1].every(
        axis =>
          [height, width][axis]! + padding[axis]! + padding[axis + 2]! >
          (kernel[axis as 0 | 1] - 1) * window.dilation[axis as 0 | 1],
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
const pair = fc
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

const shape = fc.array(fc.constantFrom(1, 2, 3, 4, 32, 40), { minLength: 1, maxLength: 4 })

const moving = fc
  .record({
    shape,
    dtype: fc.constantFrom<DType>('f32', 'bit', 'i32'),
    order: fc.array(fc.nat(), { minLength: 4, maxLength: 4 }),
    amounts: fc.array(fc.nat(3), { minLength: 8, maxLength: 8 }),
    axis: fc.nat(3),
  })
  .map(({ shape, dtype, order, amounts, axis: any }) => {
    const x = input('x', { dtype, shape })
    const axis = any % shape.length
    const perm = [...shape.keys()].sort((a, b) => order[a]! - order[b]! || a - b)
    const moved = create('transpose', [x], { perm }, ['transpose'])
    const starts = shape.map((size, k) => amounts[k]! % size)
    const steps = shape.map((_, k) => (amounts[k + 4]! % 2 ? 1 : 2))
    const sizes = shape.map((size, k) => Math.floor((size - starts[k]! - 1) / steps[k]!) + 1)
    const sliced = create('slice', [x], { starts, sizes, steps }, ['slice'])
    const reversed = create(
      'slice',
      [x],
      { starts: shape.map(size => size - 1), sizes: shape, steps: shape.map(() => -1) },
      ['reverse'],
    )
    const joined = create('concat', [x, reversed, x], { axis }, ['concat'])
    const value = dtype === 'bit' ? 0 : 3
    const padded = create(
      'pad',
      [x],
      { before: shape.map((_, k) => amounts[k]!), after: shape.map((_, k) => amounts[k + 4]!), value },
      ['pad'],
    )
    const flat = create('reshape', [x], { shape: [elements(shape)] }, ['flat'])
    const rows = create('reshape', [moved], { shape: [shape[axis]!, elements(shape) / shape[axis]!] }, ['rows'])
    return graphOf('moving', [x], [moved, sliced, joined, padded, flat, rows])
  })

const elementwise = fc
  .record({
    shape: fc.tuple(...[0, 1, 2, 3].map(() => fc.constantFrom(1, 2, 3, 5, 33))),
    spreads,
    epilogue: epilogueOf(integers),
    other: epilogueOf(floats),
    axes: fc.subarray([0, 1, 2, 3], { minLength: 1 }),
    kind: fc.constantFrom('sum', 'max', 'min'),
    seed: fc.integer(),
  })
  .map(({ shape, spreads: shapes, epilogue, other, axes, kind, seed }) => {
    const x = input('x', { dtype: 'f32', shape })
    const whole = input('n', { dtype: 'i32', shape })
    const extras = extrasFor(shape, shapes, seed)
    const reduced = shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
    const attrs = { kind: kind as 'sum' | 'max' | 'min', axes }
    const few = extrasFor(reduced, shapes, seed)
    return graphOf(
      'elementwise',
      [x, whole],
      [
        create('map', [x, ...extras], { expr: other }, ['map']),
        create('map', [whole, ...extras], { expr: epilogue }, ['integers']),
        create('reduce', [x, ...few], { ...attrs, epilogue: other }, ['reduce']),
        create('reduce', [whole, ...few], { ...attrs, epilogue }, ['count']),
      ],
    )
  })

/** Graphs of one or two ops in all their variants, every value of which is exact: backends must equal the interpreter. */
export const randomGraphs = fc.oneof(
  { arbitrary: binaryLayer, weight: 4 },
  { arbitrary: floatLayer, weight: 3 },
  { arbitrary: pooling, weight: 2 },
  { arbitrary: pair, weight: 2 },
  { arbitrary: moving, weight: 2 },
  { arbitrary: elementwise, weight: 2 },
)

/** Values for every input of a graph. */
export const randomFeeds = (graph: Graph, seed: number): ReadonlyMap<string, Tensor> =>
  new Map(graph.inputs.map(({ attrs, type }, k) => [attrs.name, dyadicTensor(type.dtype, type.shape, seed * 31 + k)]))
