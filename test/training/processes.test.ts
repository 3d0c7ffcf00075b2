import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { isMissing, sharedPath } from '../shared.ts'
import { hasPyTorch, PYTHON } from './python.ts'

const folder = mkdtempSync(join(tmpdir(), 'xnorc-processes-'))
afterAll(() => rmSync(folder, { recursive: true }))

const small = (count: number) => {
  const script = resolve(import.meta.dirname, 'processes.py')
  const options = [
    '--data',
    '-',
    '--out',
    join(folder, `${count}`),
    '--processes',
    `${count}`,
    '--threads',
    '1',
    '--float',
  ]
  return spawnSync(PYTHON, [script, ...options], { encoding: 'utf8' })
}

describe.skipIf(!hasPyTorch())('train.py --processes', () => {
  test('two or three processes take the steps of one, but for rounding, and end with the same weights', () => {
    const losses = [1, 2, 3].map(count => {
      const { stdout, stderr } = small(count)
      expect(stderr).toBe('')
      return JSON.parse(stdout.trim().split('\n').at(-1)!) as number[]
    })
    expect(losses[0]).toHaveLength(3)
    for (const each of losses) for (const [k, loss] of each.entries()) expect(loss).toBeCloseTo(losses[0]![k]!, 5)
    const compare = `
import torch
one = torch.load('1/0.pt')
for count in 2, 3:
    found = [torch.load(f'{count}/{rank}.pt') for rank in range(count)]
    for name in one:
        assert found[0][name].sub(one[name]).abs().max() < 1e-5, (count, name)
        assert found[0][name].abs().max() > 0 and all(torch.equal(each[name], found[0][name]) for each in found[1:])
`
    execFileSync(PYTHON, ['-c', compare], { cwd: folder })
  })

  test('where one cannot start, all end', () => {
    const { status, stderr } = small(2)
    expect([status, stderr]).toEqual([1, expect.stringContaining('checkpoint.pt exists: --resume continues it')])
  })

  test.skipIf(isMissing('data/mnist/train-images-idx3-ubyte.gz'))(
    'LeNet-5 by two, and as clocks differ, by epochs only',
    () => {
      const train = (...options: string[]) => {
        const script = resolve(import.meta.dirname, '../../examples/lenet5-mnist/train.py')
        const shared = ['--data', sharedPath('data/mnist'), '--out', join(folder, 'lenet5'), '--processes', '2']
        return spawnSync(PYTHON, [script, ...shared, ...options], { encoding: 'utf8' })
      }
      const { stdout, status } = train('--limit', '256', '--epochs', '2', '--threads', '1')
      expect(status).toBe(0)
      // One of them speaks.
      expect(stdout.match(/^epoch \d: training loss/gm)).toHaveLength(2)
      expect(stdout).toMatch(/^lenet5: test loss [\d.]+, accuracy [\d.]+ %\n.*latent.onnx\n.*binary.onnx\n$/m)
      expect(train('--minutes', '1').stderr).toContain('give --epochs instead of --minutes')
    },
  )
})
