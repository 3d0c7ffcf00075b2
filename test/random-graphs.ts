import fc from 'fast-check'
import { create, input } from '../src/ir/node.ts'
import { type DType, elements } from '../src/ir/tensor.ts'
import { epilogueOf, extrasFor, floats, graphOf, integers, spreads } from './random-epilogues.ts'
import { binaryLayer, floatLayer, integerLayer, pair, pooling } from './random-windows.ts'

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
  { arbitrary: integerLayer, weight: 3 },
  { arbitrary: pooling, weight: 2 },
  { arbitrary: pair, weight: 2 },
  { arbitrary: moving, weight: 2 },
  { arbitrary: elementwise, weight: 2 },
)
