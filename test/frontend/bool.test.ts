import { describe, expect, test } from 'vitest'
import { bits, f32, i32 } from '../../src/ir/tensor.ts'
import { evaluate } from '../evaluate.ts'
import { model } from '../onnx.ts'

const list = (...values: readonly number[]) => i32([values.length], values)

describe('bool is 0 and 1', () => {
  const greater = { op: 'Greater', in: ['x', 'zero'], out: ['g'] }
  const inputs = { x: 'float[3]' }
  const initializers = { zero: f32([], [0]) }
  const x = f32([3], [-1, 0, 2])

  test('as float', async () => {
    const bytes = model({
      inputs,
      outputs: { y: 'float' },
      initializers,
      nodes: [greater, { op: 'Cast', in: ['g'], out: ['y'], attrs: { to: 1 } }],
    })
    expect(await evaluate(bytes, { x })).toEqual([0, 0, 1])
  })
  test('as integer', async () => {
    const bytes = model({
      inputs,
      outputs: { y: 'int32' },
      initializers,
      nodes: [greater, { op: 'Cast', in: ['g'], out: ['y'], attrs: { to: 6 } }],
    })
    expect(await evaluate(bytes, { x })).toEqual([0, 0, 1])
  })
  test('in logic and choice', async () => {
    const nodes = [
      greater,
      { op: 'Not', in: ['g'], out: ['n'] },
      { op: 'Xor', in: ['n', 't'], out: ['f'] },
      { op: 'Equal', in: ['f', 'g'], out: ['e'] },
      { op: 'And', in: ['e', 'g'], out: ['a'] },
      { op: 'Or', in: ['a', 'f'], out: ['o'] },
      { op: 'Where', in: ['o', 'x', 'minus'], out: ['y'] },
    ]
    const bytes = model({
      inputs,
      outputs: { y: 'float' },
      initializers: { ...initializers, minus: f32([1], [-7]), t: bits([1], [1]) },
      nodes,
    })
    expect(await evaluate(bytes, { x })).toEqual([-7, -7, 2])
  })
  test('expanded', async () => {
    const nodes = [greater, { op: 'Expand', in: ['g', 's'], out: ['y'] }]
    const bytes = model({ inputs, outputs: { y: 'bool' }, initializers: { ...initializers, s: list(2, 3) }, nodes })
    expect(await evaluate(bytes, { x })).toEqual([0, 0, 1, 0, 0, 1])
  })
})
