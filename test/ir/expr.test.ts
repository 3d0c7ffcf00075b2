import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arg, call, type Expr, evaluator, number, parseExpr, rewriteExpr, showExpr, typeOf } from '../../src/ir/expr.ts'
import { slopeOf } from '../../src/ir/slope.ts'
import type { DType } from '../../src/ir/tensor.ts'

const types: readonly DType[] = ['f32', 'f32', 'f32']
const quarter = fc.integer({ min: -16, max: 16 }).map(value => value / 4)

/** f32 expressions over three arguments. */
const floats: fc.Arbitrary<Expr> = fc.letrec<{ expr: Expr }>(tie => ({
  expr: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.nat({ max: 2 }).map(arg),
    quarter.map(number),
    fc
      .tuple(fc.constantFrom('add', 'sub', 'mul', 'max', 'min', 'div'), tie('expr'), tie('expr'))
      .map(([fn, a, b]) => call(fn, a, b)),
    fc
      .tuple(fc.constantFrom('neg', 'abs', 'floor', 'ceil', 'round', 'sign', 'tanh'), tie('expr'))
      .map(([fn, a]) => call(fn, a)),
    fc.tuple(tie('expr'), tie('expr'), tie('expr')).map(([a, b, c]) => call('select', call('ge', a, b), c, a)),
    fc.tuple(tie('expr'), tie('expr')).map(([a, b]) => call('float', call('not', call('gt', a, b)))),
  ),
})).expr

describe('expressions', () => {
  test('are read as they are shown', () => {
    fc.assert(
      fc.property(floats, expr => {
        expect(parseExpr(showExpr(expr))).toEqual(expr)
      }),
    )
  })

  test('round to f32 after every step', () => {
    const run = evaluator(call('add', call('mul', arg(0), arg(1)), arg(2)), types)
    const [a, b, c] = [1 + 2 ** -12, 1 + 2 ** -12, -1].map(Math.fround) as [number, number, number]
    expect(run([a, b, c])).toBe(Math.fround(Math.fround(a * b) + c))
    expect(run([a, b, c])).not.toBe(a * b + c)
  })

  test('round halves to even', () => {
    const run = evaluator(call('round', arg(0)), types)
    expect([0.5, 1.5, 2.5, -0.5, -1.5].map(value => run([value]))).toEqual([0, 2, 2, -0, -2])
  })

  test('multiply i32 as machines do', () => {
    expect(evaluator(call('mul', arg(0), arg(1)), ['i32', 'i32'])([2 ** 30 + 1, 2 ** 30 + 3])).toBe(3)
  })

  test('refuse to mix types', () => {
    expect(() => typeOf(call('add', arg(0), arg(1)), ['i32', 'f32'])).toThrow('add does not take (i32, f32)')
    expect(() => typeOf(arg(3), types)).toThrow('argument 3 of 3')
    expect(() => parseExpr('add(a, ')).toThrow('unfinished')
    expect(() => parseExpr('magic(a)')).toThrow('unknown function magic')
  })
})

/** Among them numbers whose products and sums leave f32. */
const wild = fc.oneof(quarter, fc.constantFrom(0, -0, 3e38, -3e38, 1e30, 1e-30).map(Math.fround))

describe('slopes', () => {
  test('hold wherever they are claimed, and no value there is NaN', () => {
    const literals = (expr: Expr, scale: number): Expr =>
      rewriteExpr(expr, part => (part.fn === 'number' ? number(part.value * scale) : part))
    let claimed = 0
    const property = fc.property(
      floats,
      fc.constantFrom(1, 1e20, 1e-20, 1e38),
      fc.tuple(wild, wild),
      fc.array(wild, { minLength: 2 }),
      (plain, scale, [b, c], points) => {
        const expr = literals(plain, scale)
        const sorted = points.sort((x, y) => x - y)
        const slope = slopeOf(expr, [0, b, c], types, { low: sorted[0]!, high: sorted.at(-1)! })
        if (slope === 'unknown') return
        claimed++
        const run = evaluator(expr, types)
        const values = sorted.map(x => run([x, b, c]))
        expect(values.some(Number.isNaN), showExpr(expr)).toBe(false)
        values.slice(1).forEach((value, i) => {
          if (slope === 'rising') expect(value).toBeGreaterThanOrEqual(values[i]!)
          if (slope === 'falling') expect(value).toBeLessThanOrEqual(values[i]!)
          if (slope === 'constant') expect(value === values[i]).toBe(true)
        })
      },
    )
    fc.assert(property, { numRuns: 5000, seed: 1 })
    expect(claimed).toBeGreaterThan(1000)
  })

  test('are known for the chains of trained networks', () => {
    const span = { low: -1e6, high: 1e6 }
    const chain = parseExpr('ge(add(mul(max(add(mul(a, 0.5), 1), 0), b), c), 0)')
    expect(slopeOf(chain, [0, 2, 1], types, span)).toBe('rising')
    expect(slopeOf(chain, [0, -2, 1], types, span)).toBe('falling')
    expect(slopeOf(chain, [0, 0, 1], types, span)).toBe('constant')
    expect(slopeOf(parseExpr('select(ge(a, 0), a, mul(a, b))'), [0, 0.25], types, span)).toBe('rising')
    expect(slopeOf(parseExpr('abs(a)'), [0], types, span)).toBe('unknown')
  })

  test('are unknown where i32 wraps or a step overflows into NaN', () => {
    const doubled = call('add', arg(0), arg(0))
    expect(slopeOf(doubled, [0], ['i32'], { low: -(2 ** 30), high: 2 ** 30 - 1 })).toBe('rising')
    expect(slopeOf(doubled, [0], ['i32'], { low: -(2 ** 30), high: 2 ** 30 })).toBe('unknown')
    const dead = parseExpr('mul(mul(a, 4), b)')
    expect(slopeOf(dead, [0, 0], types, { low: -8e37, high: 8e37 })).toBe('constant')
    expect(slopeOf(dead, [0, 0], types, { low: -9e37, high: 9e37 })).toBe('unknown')
  })
})
