import { expect, it } from 'vitest'
import { isas } from '../../src/backends/backend.ts'
import { conditionOf, setsOf } from '../../src/backends/c/isa/index.ts'
import { createModule, type GeneratedFunction } from '../../src/backends/module.ts'

const plain = (name: string, ...needs: readonly GeneratedFunction[]): GeneratedFunction => ({
  name,
  template: 'c/functions/clamp_int.c',
  context: {},
  needs,
})

it('a module has what it was asked for, once, each behind what it needs', () => {
  const [first, second] = [plain('first'), plain('second')]
  const third = plain('third', second, first)
  const { use, functions } = createModule()
  expect([third, second, plain('fourth', third)].map(use)).toEqual(['third', 'second', 'fourth'])
  expect(functions().map(({ name }) => name)).toEqual(['second', 'first', 'third', 'fourth'])
})

it('a machine is asked for every feature that functions are compiled for', () => {
  for (const set of setsOf(isas))
    expect(conditionOf(set, 0).match(/"[^"]+"/g) ?? []).toEqual(set.features.map(feature => `"${feature}"`))
})

it('portable code is always there, as the last choice', () =>
  expect([setsOf([]), setsOf(['avx2', 'sse4'])].map(sets => sets.map(({ isa }) => isa))).toEqual([
    ['portable'],
    ['avx2', 'sse4', 'portable'],
  ]))
