import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bits, f32 } from '../../src/ir/tensor.ts'
import { signsInto } from '../../src/passes/weights/binary-weights.ts'
import { censusOf } from '../../src/passes/weights/census.ts'

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))

/** Multiples of 1/8 have exact sums; zeros of both signs are among them. */
const weight = fc.integer({ min: -40, max: 40 }).map(k => k / 8)
const filters = fc
  .integer({ min: 1, max: 20 })
  .chain(size =>
    fc.array(fc.array(fc.oneof(weight, fc.constant(-0)), { minLength: size, maxLength: size }), { minLength: 1 }),
  )

test('a census counts what is there', () => {
  fc.assert(
    fc.property(filters, all => {
      const found = censusOf(f32([all.length, all[0]!.length], all.flat()))
      expect(found).toEqual(
        all.map(filter => {
          const magnitudes = filter.map(Math.abs).filter(value => value > 0)
          return {
            size: filter.length,
            positive: sum(filter.filter(value => value > 0)),
            negative: sum(filter.filter(value => value < 0).map(Math.abs)),
            magnitudes: sum(magnitudes),
            smallest: Math.min(...magnitudes),
            largest: Math.max(0, ...magnitudes),
            zeros: filter.length - magnitudes.length,
            unit: magnitudes.map(value => value * 8).reduce(gcd, 0) / 8,
          }
        }),
      )
    }),
  )
})

test('bits are weights of -1 and +1', () => {
  const [first, second] = censusOf(bits([2, 3], [0, 1, 1, 0, 0, 0]))
  expect(first).toEqual({
    size: 3,
    positive: 2,
    negative: 1,
    magnitudes: 3,
    smallest: 1,
    largest: 1,
    zeros: 0,
    unit: 1,
  })
  expect(second).toMatchObject({ positive: 0, negative: 3 })
})

test('a zero of either sign counts as +1', () => {
  const signs = new Uint8Array(7)
  signsInto(signs, 1, Float32Array.of(-0, 0, -2, 3, -1e-45))
  expect([...signs]).toEqual([0, 1, 1, 0, 1, 0, 0])
})
