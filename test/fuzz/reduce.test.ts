import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readCase, writeCase } from './cases.ts'
import { build, generate } from './generate.ts'
import type { Network } from './network.ts'
import { reduceNetwork } from './reduce-network.ts'
import { reduceRecipe } from './reduce-recipe.ts'

/** As if the compiler could not bear a Conv that reads a Sign, however far apart they are made. */
const hasBinaryLayer = ({ nodes }: Network): boolean =>
  nodes.some(
    ({ op, in: operands }) => op === 'Conv' && nodes.some(each => each.op === 'Sign' && each.out[0] === operands[0]),
  )

test('a network shrinks to the two nodes that matter, all sizes 1', { timeout: 240_000 }, async () => {
  let tried = 0
  for (let seed = 0; tried < 5; seed++) {
    const { recipe, network } = generate(seed)
    if (!hasBinaryLayer(network) || network.nodes.length < 8) continue
    tried++
    const smaller = await reduceRecipe(recipe, async candidate => hasBinaryLayer(build(candidate)))
    const smallest = await reduceNetwork(build(smaller), async candidate => hasBinaryLayer(candidate))
    expect(smallest.nodes.map(({ op }) => op)).toEqual(['Sign', 'Conv'])
    expect(smallest.inputs.map(({ shape }) => shape)).toEqual([[1, 1, 1, 1].slice(0, smallest.inputs[0]!.shape.length)])
    expect(smallest.samples.length).toBe(1)
  }
})

test('a case is read as it was written', () => {
  const folder = mkdtempSync(join(tmpdir(), 'xnorc-case-'))
  try {
    for (let seed = 0; seed < 50; seed++) {
      const { network } = generate(seed)
      const found = { kind: 'wrong', stage: 'simplify', message: '' } as const
      const path = writeCase(folder, `${seed}`, network, found, undefined, false)
      expect(readCase(`${path}.json`).network).toEqual(network)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})
