import { describe, expect, test } from 'vitest'
import { readModel } from '../../src/frontend/index.ts'
import { interpret } from '../../src/ir/interpret.ts'
import { numbersOf } from '../../src/ir/tensor.ts'
import { hasCompiler } from '../c-runner.ts'
import { randomChain } from './chains.ts'
import { codesOf, compiled, runC } from './compiled.ts'

/**
 * Whatever stands before a sign, and whatever its two values are: either nothing changes, or a warning says that a sign
 * can meet an exact 0. All numbers are dyadic, so zeros are frequent.
 */
describe('random chains before binary layers', () => {
  test('equal the imported model, or a warning says why not', { timeout: 240_000 }, async () => {
    let checked = 0
    for (let seed = 1; seed <= 200; seed++) {
      const { bytes, feeds } = randomChain(seed)
      const result = await compiled(bytes)
      if (codesOf(result).includes('sign-of-zero')) continue
      const { graph: imported } = await readModel(bytes)
      const [expected, actual] = [imported, result.graph].map(graph => [...interpret(graph, feeds).values()][0]!)
      expect(numbersOf(actual!), `seed ${seed}`).toEqual(numbersOf(expected!))
      checked++
    }
    expect(checked).toBeGreaterThan(120)
  })

  test.runIf(hasCompiler('gcc'))('generated C equals the interpreter', { timeout: 240_000 }, async () => {
    const chains = Array.from({ length: 20 }, (_, k) => randomChain(1000 + k))
    const cases = await Promise.all(
      chains.map(async ({ bytes, feeds }, k) => ({ ...(await compiled(bytes, `chain_${k}`)), feeds })),
    )
    for (const [k, values] of runC(cases).entries()) {
      const { graph, feeds } = cases[k]!
      expect(values, `chain ${k}`).toEqual(numbersOf([...interpret(graph, feeds).values()][0]!))
    }
  })
})
