import { afterEach, expect, test, vi } from 'vitest'
import { examine } from '../../src/cli/doctor.ts'
import { hasCompiler } from '../c-runner.ts'

afterEach(() => vi.unstubAllEnvs())

test('what is there says its version, what is not says how to get it', async () => {
  vi.stubEnv('CC', 'no-such-compiler')
  const missing = await examine()
  expect(missing[0]).toMatchObject({ name: 'C compiler', install: 'apt-get install gcc' })
  expect(missing.every(({ found, install }) => (found === undefined) !== (install === undefined))).toBe(true)
  expect(missing.find(({ name }) => name === 'onnxruntime-node')).toMatchObject({ found: 'installed' })
  if (!hasCompiler('gcc')) return
  vi.stubEnv('CC', 'gcc -O2')
  expect((await examine())[0]!.found).toMatch(/gcc.*\d+\.\d+/)
})
