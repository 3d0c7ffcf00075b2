import { describe, expect, test } from 'vitest'
import { f32, type Tensor } from '../../src/ir/tensor.ts'
import { binarizeWeights } from '../../src/passes/weights/binarize-weights.ts'
import type { BinaryWeights } from '../../src/passes/weights/binary-weights.ts'
import { seeded } from '../random.ts'

const pick = (next: () => number, values: readonly number[]): number => values[Math.floor(next() * values.length)]!

/** Quantisers: values that a filter of this alpha takes. All are f32 without rounding. */
const quantisers: Readonly<Record<string, readonly number[]>> = {
  signs: [-1, 1],
  ternary: [-1, 0, 1],
  'two values': [-0.25, 1.5],
  'one value': [0.75],
  zeros: [0],
  'trained ternary': [-0.75, 0, 1.25],
  '2 bits': [-2, -1, 0, 1],
  '2 bits, no zero': [-1.5, -0.5, 0.5, 1.5],
  '3 bits, narrow': [-3, -2, -1, 0, 1, 2, 3],
  '4 bits': Array.from({ length: 16 }, (_, i) => i - 8),
  unsigned: [0, 1, 2, 3],
  uneven: [-4, -1, 0.5, 2],
}

/** What planes and offset say, [O][k]. */
function decoded({ planes, alpha, offset }: BinaryWeights, size: number): number[][] {
  return Array.from(alpha, (scale, o) =>
    Array.from({ length: size }, (_, k) => {
      const sum = planes.reduce((total, { signs, first, factors }) => {
        const own = o - first
        if (own < 0 || own >= factors.length) return total
        return total + factors[own]! * (signs.values[own * size + k] ? 1 : -1)
      }, offset?.[o] ?? 0)
      return scale * sum
    }),
  )
}

describe('weights of a few levels are what their planes say', () => {
  test.each(Object.keys(quantisers))('%s, and other filters beside', name => {
    const next = seeded(name.length)
    for (let round = 0; round < 50; round++) {
      const filters = 1 + Math.floor(next() * 6)
      const size = 24
      const kinds = Array.from({ length: filters }, (_, o) =>
        o > 0 && next() < 0.3 ? pick(next, [0, 1, 2, 3].map(Number)) : -1,
      )
      const values = kinds.flatMap(kind => {
        const levels = kind < 0 ? quantisers[name]! : Object.values(quantisers)[kind]!
        const alpha = pick(next, [0.25, 1, 3])
        return Array.from({ length: size }, () => alpha * pick(next, levels))
      })
      const weights: Tensor = f32([filters, 2, 2, 6], values)
      const found = binarizeWeights(weights, 'exact')
      // 6 channels bear few planes: more stay float, with a reason.
      if ('refused' in found) {
        expect(found.refused).toMatch(/equally spaced levels|levels per filter/)
        continue
      }
      expect(
        decoded(found, size)
          .flat()
          .map(value => value + 0),
      ).toEqual(values.map(value => value + 0))
      expect([found.noise, found.trained]).toEqual([0, undefined])
    }
  })

  test('trained floats are none, in large and in small filters', () => {
    const next = seeded(3)
    for (const shape of [
      [4, 3, 3, 16],
      [16, 3, 3, 1],
      [3, 1, 1, 5],
    ]) {
      const size = shape.reduce((product, length) => product * length)
      const weights = f32(
        shape,
        Array.from({ length: size }, () => next() * 2 - 1),
      )
      expect(binarizeWeights(weights, 'xnor')).toMatchObject({ trained: { zeros: 0 } })
      expect(binarizeWeights(weights, 'exact')).toMatchObject({ isTrained: true })
    }
  })
})
