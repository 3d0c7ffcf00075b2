import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { nameOf, readCase } from './cases.ts'
import { check } from './check.ts'
import { checkC } from './targets.ts'

const folder = join(import.meta.dirname, 'cases')

/** Networks that once showed a fault, reduced. A case that is refused now would test nothing. */
test.each(readdirSync(folder).map(name => [nameOf(name), join(folder, name)]))('%s', async (_, path) => {
  const { network, found } = readCase(path)
  const { verdict, prepared } = await check(network, 'net', { reference: true, wasm: true })
  expect(verdict).toMatchObject({ kind: 'agrees' })
  if (found.stage.startsWith('c (')) expect(checkC([prepared!], 0)).toEqual([undefined])
})
