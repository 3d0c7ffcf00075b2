import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { c } from '../../src/backends/c/index.ts'
import { readModel } from '../../src/frontend/index.ts'
import { topological } from '../../src/ir/graph.ts'
import { interpret } from '../../src/ir/interpret.ts'
import { numbersOf } from '../../src/ir/tensor.ts'
import { lower } from '../../src/lower/index.ts'
import { compileC, hasCompiler } from '../c-runner.ts'
import { runOnnxruntime } from '../onnxruntime.ts'
import { optimise } from '../plan.ts'
import { type Network, networkInput, networkModel, networks } from './random-networks.ts'

describe('random dyadic networks', () => {
  test('what the passes make of them equals onnxruntime, exactly', { timeout: 240_000 }, async () => {
    await fc.assert(fc.asyncProperty(networks, equalsOnnxruntime), { numRuns: 200, seed: 1 })
  })

  // Many networks in one program: starting a compiler costs more than what it compiles.
  test.runIf(hasCompiler('gcc'))('generated C equals onnxruntime, exactly', { timeout: 240_000 }, async () => {
    const cases = fc.sample(networks, { numRuns: 40, seed: 2 })
    const graphs = await Promise.all(cases.map((network, i) => optimise(networkModel(network), `network_${i}`)))
    const plans = graphs.map(graph => lower(graph, c.lowering))
    const program = compileC(plans)
    for (const [i, network] of cases.entries()) {
      const input = networkInput(network, 1)
      const [sample] = program.run(plans[i]!, [new Map([['input', input]])])
      const expected = await runOnnxruntime(networkModel(network), new Map([['input', input]]))
      for (const [name, { values }] of expected)
        expect(numbersOf(sample!.outputs.get(name)!), JSON.stringify(network)).toEqual(values)
    }
  })
})

async function equalsOnnxruntime(network: Network): Promise<void> {
  const bytes = networkModel(network)
  const imported = await readModel(bytes)
  const graph = await optimise(bytes, 'network')
  // Every Sign feeds one layer, and all of them must have become bits.
  expect(topological(graph).filter(({ op }) => op === 'binaryConv2d').length).toBe(countSigns(imported.operators))
  for (const sample of [1, 2]) {
    const feeds = new Map([['input', networkInput(network, sample)]])
    const expected = await runOnnxruntime(bytes, feeds)
    for (const [name, tensor] of interpret(graph, feeds)) expect(numbersOf(tensor)).toEqual(expected.get(name)!.values)
  }
}

const countSigns = (operators: ReadonlyMap<string, string>): number =>
  [...operators.values()].filter(op => op === 'Sign').length
