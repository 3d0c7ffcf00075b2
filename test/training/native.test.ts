import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { hasPyTorch, PYTHON } from './python.ts'

const script = resolve(import.meta.dirname, 'native.py')

const cpuFlags = (): string => {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8')
  } catch {
    return ''
  }
}
const canRun = ['avx512bw', 'avx512_vnni', 'avx512_vpopcntdq'].every(flag => cpuFlags().includes(flag))
if (!canRun) console.warn('skipped: native layers want a processor with AVX-512')

/** Images, results and gradients are bfloat16: each rounding is at most 2^-9 of a value. */
const ROUNDINGS = 4 * 2 ** -9

test.skipIf(!canRun || !hasPyTorch())('native layers compute what PyTorch does', { timeout: 240_000 }, () => {
  const layers = JSON.parse(execFileSync(PYTHON, [script], { encoding: 'utf8' }))
  expect(Object.keys(layers)).toHaveLength(3)
  for (const { once, 'mean of 16': mean, ...errors } of Object.values<Record<string, number>>(layers)) {
    expect(Object.keys(errors).sort()).toEqual(
      ['bn.bias', 'bn.weight', 'op.bias', 'op.weight', 'running_mean', 'running_var', 'x', 'y'].sort(),
    )
    for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(ROUNDINGS)
    expect(once).toBeLessThan(0.1)
    expect(mean).toBeLessThan(once! / 3)
  }
})
