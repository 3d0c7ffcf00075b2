import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parse } from '../../src/ir/parse.ts'
import { print } from '../../src/ir/print.ts'
import { randomGraphs } from '../random-graphs.ts'

test('a graph is read as it is printed', () => {
  fc.assert(
    fc.property(randomGraphs, graph => {
      const text = print(graph)
      expect(print(parse(text))).toBe(text)
    }),
    { numRuns: 200 },
  )
})

test('what cannot be read is quoted', () => {
  expect(() => parse('graph "g" {\n  nonsense\n}')).toThrow('cannot read:   nonsense')
  expect(() => parse('graph "g" {\n  %1 = map(%0) expr=a : f32[1] # m\n}')).toThrow('unknown value %0')
})
