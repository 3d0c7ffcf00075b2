import fc from 'fast-check'
import { expect, test } from 'vitest'
import { interpret } from '../../../src/ir/interpret.ts'
import { lower } from '../../../src/lower/index.ts'
import { networkInput, networkModel, networks } from '../../differential/random-networks.ts'
import { optimise } from '../../plan.ts'
import { loadPlan } from '../../wasm-runner.ts'

test('random dyadic networks as WASM equal the interpreter, exactly', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(networks, async network => {
      const graph = await optimise(networkModel(network), 'network')
      const run = await loadPlan(lower(graph))
      for (const sample of [1, 2]) {
        const feeds = new Map([['input', networkInput(network, sample)]])
        for (const [name, { values }] of interpret(graph, feeds))
          expect(run(feeds).get(name)!.values, JSON.stringify(network)).toEqual(values)
      }
    }),
    { numRuns: 100, seed: 4 },
  )
})
