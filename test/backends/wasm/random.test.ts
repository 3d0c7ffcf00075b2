import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { interpret } from '../../../src/ir/interpret.ts'
import { print } from '../../../src/ir/print.ts'
import { lower } from '../../../src/lower/index.ts'
import { randomFeeds } from '../../random.ts'
import { randomGraphs } from '../../random-graphs.ts'
import { loadPlan } from '../../wasm-runner.ts'

const SEEDS = [1, 2]

describe('random graphs in WASM equal the interpreter', () => {
  it.each([
    { strips: true, seed: 1, numRuns: 200 },
    { strips: false, seed: 2, numRuns: 100 },
  ])('strips: $strips', async ({ strips, seed, numRuns }) => {
    await fc.assert(
      fc.asyncProperty(randomGraphs, async graph => {
        const run = await loadPlan(lower(graph, { strips }))
        // The second sample finds the memory as the first one left it.
        for (const each of SEEDS) {
          const feeds = randomFeeds(graph, each)
          const actual = run(feeds)
          for (const [name, { values }] of interpret(graph, feeds))
            expect(actual.get(name)!.values, `${name} of\n${print(graph)}`).toEqual(values)
        }
      }),
      { numRuns, seed },
    )
  })
})
