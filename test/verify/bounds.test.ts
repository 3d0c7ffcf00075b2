import { describe, expect, test } from 'vitest'
import { arg, call, type Fn, functions, number } from '../../src/ir/expr.ts'
import { constant, create, input } from '../../src/ir/node.ts'
import { f32 } from '../../src/ir/tensor.ts'
import { evaluateBounded } from '../../src/verify/bounded.ts'
import { pointEvaluator } from '../../src/verify/point.ts'
import { seeded } from '../random.ts'

const next = seeded(9)
const random = (size: number) => Math.fround((2 * next() - 1) * size)
const within = (middle: number, error: number) => middle + (2 * next() - 1) * error

const continuous: Fn[] = ['add', 'sub', 'mul', 'div', 'max', 'min', 'neg', 'abs', 'sqrt', 'exp', 'log', 'tanh', 'pow']

describe('the bound of an operation', () => {
  test.each(continuous)('%s: whatever its operands may be, exactly computed', fn => {
    const { arity, evaluate } = functions[fn] as {
      arity: number
      evaluate: (a: number, b: number, c: number) => number
    }
    const run = pointEvaluator(call(fn, ...[arg(0), arg(1)].slice(0, arity)), ['f32', 'f32'])
    const isPositive = fn === 'sqrt' || fn === 'log' || fn === 'pow'
    for (let trial = 0; trial < 2000; trial++) {
      const args = [0, 1].map(k => {
        const value = isPositive && k === 0 ? Math.abs(random(4)) + 0.01 : random(4)
        return { value: Math.fround(value), error: Math.abs(value) * 2 ** -18 }
      })
      const point = run(args)
      const [a, b] = args.map(({ value, error }) => within(value, error))
      expect(Math.abs(point.value - evaluate(a!, b!, 0))).toBeLessThanOrEqual(point.error)
      // A bound that allowed anything would hold too.
      if (fn !== 'div') expect(point.error).toBeLessThan(2 ** -8 * Math.max(1, Math.abs(point.value)))
    }
  })

  test('a jump is open where its error reaches it, with the values of both sides', () => {
    const at = (fn: Fn, value: number, error = 1e-6) =>
      pointEvaluator(call(fn, ...[arg(0), number(0)].slice(0, functions[fn].arity)), ['f32'])([{ value, error }])
        .options
    expect(at('ge', -1e-7)).toEqual([1])
    expect(at('ge', -1e-5)).toBeUndefined()
    expect(at('gt', 0)).toEqual([1])
    expect(at('sign', 1e-7)).toEqual([-1])
    expect(at('sign', 0)).toEqual([-1, 1])
    expect(at('round', 2.5)).toEqual([3])
    expect(at('round', 2.4)).toBeUndefined()
    expect(at('floor', 3)).toEqual([2])
    expect(at('floor', 0, 0)).toBeUndefined()
    expect(at('ceil', Math.fround(3.0000001))).toEqual([4])
    expect(at('int', 3)).toEqual([2])
    expect(at('int', -3)).toEqual([-2])
    expect(at('int', 0)).toBeUndefined()
  })
})

test('the bound of a sum holds in another order, and is 0 where sums are exact', () => {
  const sum = (values: readonly number[], weights: readonly number[]) => {
    const x = input('x', { dtype: 'f32', shape: [1, 1, 1, values.length] })
    const w = constant(f32([1, 1, 1, values.length], weights), ['w'])
    const window = { stride: [1, 1], dilation: [1, 1], padding: [0, 0, 0, 0] } as const
    const node = create('conv2d', [x, w], { ...window, groups: 1, epilogue: arg(0) }, ['sum'])
    const { tensor, errors } = evaluateBounded(node, [
      { tensor: f32(x.type.shape, values) },
      { tensor: f32(w.type.shape, weights) },
    ])
    return { value: Number(tensor.values[0]), error: errors?.[0] ?? 0 }
  }
  for (let trial = 0; trial < 200; trial++) {
    const values = Array.from({ length: 500 }, () => random(1))
    const weights = Array.from({ length: 500 }, () => random(1))
    const there = sum(values, weights)
    const back = sum(values.toReversed(), weights.toReversed())
    expect(Math.abs(there.value - back.value)).toBeLessThanOrEqual(there.error)
    expect(there.error).toBeLessThan(0.01)
  }
  expect(sum([3, -5, 0.5, 7], [1, 0.25, -1, 2]).error).toBe(0)
  expect(sum([3, -5, 0.1, 7], [1, 0.25, -1, 2]).error).toBeGreaterThan(0)
})
