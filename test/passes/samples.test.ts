import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { topological } from '../../src/ir/graph.ts'
import { parse } from '../../src/ir/parse.ts'
import { print } from '../../src/ir/print.ts'
import { apply, complaint, foldersIn, passes, samplesIn } from './samples.ts'

const root = import.meta.dirname
const samples = samplesIn(root)

test('every pass has samples', () => {
  expect(foldersIn(root).sort()).toEqual([...passes.keys()].sort())
})

/** UPDATE_GOLDEN=1 writes what comes out; read it before you commit it. */
for (const folder of foldersIn(root))
  describe(folder, () => {
    test.each(samples.filter(({ pass }) => pass === folder))('$file', sample => {
      if (process.env.UPDATE_GOLDEN === '1' && process.env.CI !== 'true')
        writeFileSync(sample.expected, print(apply(sample, parse(sample.before))))
      expect(existsSync(sample.expected), `${sample.expected} is missing: UPDATE_GOLDEN=1 writes it`).toBe(true)
      expect(complaint(sample)).toBe(undefined)
    })
  })

test('samples are not empty', () => {
  for (const folder of foldersIn(root))
    for (const file of readdirSync(join(root, folder)).filter(each => each.endsWith('.ir')))
      expect(topological(parse(readFileSync(join(root, folder, file), 'utf8'))).length).toBeGreaterThan(0)
})
