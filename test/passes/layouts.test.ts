import { expect, test } from 'vitest'
import { type Graph, topological } from '../../src/ir/graph.ts'
import { interpret } from '../../src/ir/interpret.ts'
import { print } from '../../src/ir/print.ts'
import { runPasses } from '../../src/passes/pass.ts'
import { pipeline } from '../../src/passes/pipeline.ts'
import { randomFeeds } from '../random.ts'
import { randomLayouts } from '../random-layouts.ts'

test('moving layouts about ends, and changes no value', { timeout: 240_000 }, () => {
  let moved = 0
  for (let seed = 1; seed <= 1000; seed++) {
    const before = randomLayouts(seed)
    const after = runPasses(before, pipeline).graph
    if (count(after) < count(before)) moved++
    const feeds = randomFeeds(before, seed)
    expect(interpret(after, feeds), `seed ${seed}: ${print(before)}`).toEqual(interpret(before, feeds))
  }
  expect(moved).toBeGreaterThan(250)
})

const count = (graph: Graph): number => topological(graph).filter(({ op }) => op === 'transpose').length
