import fc from 'fast-check'
import { expect, test } from 'vitest'
import { evaluator, showExpr, typeOf } from '../../src/ir/expr.ts'
import { simplifyExpr } from '../../src/passes/canonical/simplify-expr.ts'
import { argTypes, argValues, exprs } from '../random-exprs.ts'

test('simpler expressions have the same type and the same values', () => {
  let changed = 0
  const property = fc.property(
    fc.oneof(exprs.f32, exprs.bit),
    fc.array(argValues, { minLength: 5 }),
    (expr, samples) => {
      const simple = simplifyExpr(expr, argTypes)
      if (showExpr(simple) !== showExpr(expr)) changed++
      expect(typeOf(simple, argTypes)).toBe(typeOf(expr, argTypes))
      const [before, after] = [evaluator(expr, argTypes), evaluator(simple, argTypes)]
      for (const values of samples) expect(after(values) === before(values), showExpr(expr)).toBe(true)
    },
  )
  fc.assert(property, { numRuns: 5000, seed: 1 })
  expect(changed).toBeGreaterThan(500)
})
