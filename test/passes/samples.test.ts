import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type Graph, topological } from '../../src/ir/graph.ts'
import { interpret } from '../../src/ir/interpret.ts'
import { parse } from '../../src/ir/parse.ts'
import { print } from '../../src/ir/print.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { type Pass, type RunOptions, runPasses } from '../../src/passes/pass.ts'
import { pipeline } from '../../src/passes/pipeline.ts'
import { randomFeeds } from '../random.ts'

/**
 * One folder per pass, one pair of files per case: NAME.ir before, NAME.after.ir after. UPDATE_GOLDEN=1 writes the
 * second file; read it before you commit it. NAME.json has the options of a case that wants some; those of --binarize make
 * another function, whose values are not compared.
 */
const here = new URL('.', import.meta.url)
const passes = new Map(pipeline.flatMap(({ passes }) => passes).map(pass => [pass.name, pass]))
const folders = readdirSync(here, { withFileTypes: true }).filter(entry => entry.isDirectory())

test('every pass has samples', () => {
  expect(folders.map(({ name }) => name).sort()).toEqual([...passes.keys()].sort())
})

for (const { name: folder } of folders)
  describe(folder, () => {
    const pass = passes.get(folder)!
    const cases = readdirSync(new URL(`${folder}/`, here)).filter(file => /^[^.]+\.ir$/.test(file))
    test.each(cases)('%s', file => {
      const path = new URL(`${folder}/${file}`, here)
      const expected = new URL(`${folder}/${file.replace('.ir', '.after.ir')}`, here)
      const settings = new URL(`${folder}/${file.replace('.ir', '.json')}`, here)
      const options: RunOptions = existsSync(settings) ? JSON.parse(readFileSync(settings, 'utf8')) : {}
      const before = parse(readFileSync(path, 'utf8'))
      const after = apply(pass, before, options)
      if (process.env.UPDATE_GOLDEN === '1' && process.env.CI !== 'true') writeFileSync(expected, print(after))
      expect(existsSync(expected), `${expected.pathname} is missing: UPDATE_GOLDEN=1 writes it`).toBe(true)
      expect(print(after)).toBe(readFileSync(expected, 'utf8'))
      expect(print(parse(print(after)))).toBe(print(after))
      // What was asked for and is done is refused when it is asked for again.
      if (Object.keys(options).length === 0) expect(apply(pass, after, options)).toBe(after)
      if (options.binarize !== undefined) return
      for (let seed = 0; seed < 10; seed++) compareValues(before, after, seed, pass.rounds === true)
    })
  })

const apply = (pass: Pass, graph: Graph, options: RunOptions): Graph =>
  runPasses(graph, [{ name: 'test', passes: [pass] }], options).graph

function compareValues(before: Graph, after: Graph, seed: number, rounds: boolean): void {
  const feeds = randomFeeds(before, seed)
  const expected = interpret(before, feeds)
  const actual = interpret(after, feeds)
  for (const [name, { values }] of expected) {
    if (!rounds) expect(actual.get(name)!.values).toEqual(values)
    else expectClose(actual.get(name)!, values as Float32Array)
  }
}

function expectClose({ values }: Tensor, expected: Float32Array): void {
  expected.forEach((value, i) => {
    expect(Math.abs((values as Float32Array)[i]! - value)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(value)))
  })
}

test('samples are not empty', () => {
  for (const { name } of folders)
    for (const file of readdirSync(new URL(`${name}/`, here)).filter(each => each.endsWith('.ir')))
      expect(topological(parse(readFileSync(new URL(`${name}/${file}`, here), 'utf8'))).length).toBeGreaterThan(0)
})
