import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, expect, test } from 'vitest'
import { damageOf, fileOf } from './files/damage.ts'
import { closeDevice } from './files/products.ts'
import { tryFile } from './files/try.ts'
import { parse, places, print } from './files/wire.ts'

/** Minutes: half of one where all tests have to run, else a glimpse. XNORC_FUZZ_MINUTES says otherwise. */
const minutes = Number(process.env.XNORC_FUZZ_MINUTES ?? (process.env.CI === 'true' ? 0.5 : 0.05))

test('damaged files of the day are refused with a reason, or become valid code', {
  timeout: (minutes + 8) * 60_000,
}, async () => {
  const args = ['scripts/fuzz.js', '--files', 'any', '--minutes', `${minutes}`]
  const { stdout, exitCode } = await execa('node', args, { reject: false })
  console.log(stdout)
  expect(exitCode, stdout).toBe(0)
  expect(stdout).toMatch(/^### [1-9]\d* damaged files of seed \d+/m)
})

afterAll(closeDevice)

const folder = join(import.meta.dirname, 'files', 'cases')

/** Files that once showed a fault, reduced; the number at the end of a name is the seed of their options. */
test.each(readdirSync(folder))('%s', { timeout: 180_000 }, async name => {
  const bytes = new Uint8Array(readFileSync(join(folder, name)))
  const verdict = await tryFile(bytes, Number(/\d+(?=\.onnx$)/.exec(name)![0]))
  expect(['refused', 'compiled'], JSON.stringify(verdict)).toContain(verdict.kind)
})

test('a seed gives the same file again, and a file that nothing was done to is as it was', () => {
  for (let seed = 0; seed < 50; seed++) {
    const damage = damageOf(seed)
    expect(fileOf(damageOf(seed))).toEqual(fileOf(damage))
    const { bytes } = damage.base
    const model = parse(bytes)
    expect(places(model).length).toBeGreaterThan(10)
    expect(parse(print(model))).toEqual(model)
  }
})
