import { expect, test } from 'vitest'
import { importers } from '../../src/frontend/importers/index.ts'
import { build, generate } from './generate.ts'
import { exclusions, grammar } from './grammar/index.ts'

test.each(Object.keys(importers))('every operator of the domain %j has a rule, or a reason why not', domain => {
  const ruled = Object.keys(grammar[domain] ?? {})
  const excluded = Object.keys(exclusions[domain] ?? {})
  expect([...ruled, ...excluded].sort()).toEqual(Object.keys(importers[domain]!).sort())
})

test('every operator occurs, in every operator set from 6 to 25', () => {
  const networks = Array.from({ length: 4000 }, (_, seed) => generate(seed).network)
  const found = new Set(networks.flatMap(({ nodes }) => nodes.map(({ domain = '', op }) => `${domain}.${op}`)))
  const wanted = Object.entries(grammar).flatMap(([domain, rules]) => Object.keys(rules).map(op => `${domain}.${op}`))
  expect(wanted.filter(op => !found.has(op))).toEqual([])
  expect([...new Set(networks.map(({ opset }) => opset))].sort((a, b) => a - b)).toEqual(
    Array.from({ length: 20 }, (_, k) => k + 6),
  )
})

test('a seed gives the same network again, and so does its recipe', () => {
  for (let seed = 0; seed < 200; seed++) {
    const { recipe, network } = generate(seed)
    expect(generate(seed).network).toEqual(network)
    expect(build(recipe)).toEqual(network)
  }
})
