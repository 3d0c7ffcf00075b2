import { describe, expect, test } from 'vitest'
import { arg, call } from '../../src/ir/expr.ts'
import type { Graph } from '../../src/ir/graph.ts'
import { constant, create, input, type Node } from '../../src/ir/node.ts'
import { bits, f32, i32, type Tensor } from '../../src/ir/tensor.ts'
import { verify } from '../../src/ir/verify.ts'

const x = input('x', { dtype: 'f32', shape: [1, 2] })
const negated = create('map', [x], { expr: call('neg', arg(0)) }, ['neg'])
const graphOf = (node: Node, inputs: Graph['inputs'] = [x]): Graph => ({
  name: 'g',
  inputs,
  outputs: [{ name: 'y', node }],
})
const withConstant = (value: Tensor) =>
  graphOf(
    create('concat', [x, constant({ dtype: 'f32', shape: [1, 2], values: value.values }, ['c'])], { axis: 0 }, ['cat']),
  )

describe('verify', () => {
  test('accepts a sound graph', () => verify(graphOf(negated)))

  test('1: a type that is not what infer says', () => {
    const wrong = { ...negated, type: { dtype: 'f32' as const, shape: [2, 1] } }
    expect(() => verify(graphOf(wrong))).toThrow("invariant 1: map 'neg': type f32[2,1], should be f32[1,2]")
  })

  test('2: sizes that are no sizes', () => {
    const empty = input('x', { dtype: 'f32', shape: [1, 0] })
    expect(() => verify(graphOf(empty, [empty]))).toThrow('invariant 2')
  })

  test('3: constants that do not fit their type', () => {
    expect(() => verify(withConstant(f32([1, 2], [1])))).toThrow('invariant 3: constant')
    expect(() => verify(withConstant(f32([1, 2], [1, Number.NaN])))).toThrow('not finite')
    const two = constant(bits([1, 2], [1, 2]), ['bits'])
    expect(() => verify(graphOf(two))).toThrow('a bit other than 0 and 1')
  })

  test('4: an input that is not declared', () => {
    expect(() => verify(graphOf(negated, []))).toThrow("invariant 4: input 'x': input 'x' is not declared")
  })

  test('5: a node without an origin', () => {
    expect(() => verify(graphOf({ ...negated, origin: [] }))).toThrow('invariant 5')
  })

  test('6: an interface that a pass changed', () => {
    const renamed = { ...graphOf(negated), outputs: [{ name: 'z', node: negated }] }
    expect(() => verify(renamed, graphOf(negated))).toThrow('invariant 6: interface z: f32[1,2], was y: f32[1,2]')
  })

  test.each([
    ['a weight of over 16 bits and 7 more', 32767 * 128 + 1, 0, 'a weight of over 23 bits'],
    ['a sum that 32 bits do not hold', 32767 * 128, 2 ** 31 - 1 - 255 * 32767 * 128, 'sums of up to 2147499967'],
  ])('7: %s', (_, weight, offset, message) => {
    const image = input('i', { dtype: 'u8', shape: [1, 1, 1, 1] })
    const [weights, offsets] = [weight, offset].map(value => constant(i32([1, 1, 1, 1], [value]), ['w']))
    const window = { stride: [1, 1], dilation: [1, 1], padding: [0, 0, 0, 0], groups: 1, epilogue: arg(0) } as const
    const layer = create('integerConv2d', [image, weights!, offsets!], window, ['c'])
    expect(() => verify(graphOf(layer, [image]))).toThrow(message)
  })
})

describe('create', () => {
  test('refuses operands that do not fit', () => {
    const weights = constant(f32([1, 1, 1, 3], [1, 2, 3]), ['w'])
    const image = input('i', { dtype: 'f32', shape: [1, 4, 4, 2] })
    const window = { stride: [1, 1], dilation: [1, 1], padding: [0, 0, 0, 0] } as const
    expect(() => create('conv2d', [image, weights], { ...window, groups: 1, epilogue: arg(0) }, ['c'])).toThrow(
      'channels fit 1 groups',
    )
    expect(() => create('reshape', [x], { shape: [3] }, ['r'])).toThrow('[3] has as many elements')
    expect(() => create('transpose', [x], { perm: [0, 0] }, ['t'])).toThrow('permutes its axes')
    expect(() => create('map', [x, weights], { expr: arg(0) }, ['m'])).toThrow('ranks differ')
  })
})
