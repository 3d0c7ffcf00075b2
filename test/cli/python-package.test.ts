import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { compile } from '../../src/index.ts'
import { f32 } from '../../src/ir/tensor.ts'
import { count, model, node, nodeModel } from '../onnx.ts'
import { PYTHON } from '../training/python.ts'

const folder = mkdtempSync(join(tmpdir(), 'xnorc-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const hasPip = spawnSync(PYTHON, ['-c', 'import setuptools, numpy, pip']).status === 0

/** Writes a package and installs it into the folder as pip does, without asking the network. */
async function install(name: string, bytes: Uint8Array): Promise<void> {
  const source = mkdtempSync(join(tmpdir(), 'xnorc-test-'))
  const { files } = await compile(bytes, { target: 'c', name, package: 'python' })
  for (const { path, content } of files) writeFileSync(join(source, path), content)
  const args = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--no-build-isolation',
    '--no-deps',
    '--no-index',
    '--target',
    folder,
    '.',
  ]
  const { stderr, status } = spawnSync(PYTHON, args, {
    cwd: source,
    encoding: 'utf8',
    env: { ...process.env, CFLAGS: '-Wall -Wextra -Wpedantic -Werror' },
  })
  rmSync(source, { recursive: true })
  expect(stderr).not.toMatch(/error/i)
  expect(status).toBe(0)
}

function python(script: string): string {
  const { stdout, stderr } = spawnSync(PYTHON, ['-c', script], {
    encoding: 'utf8',
    env: { ...process.env, PYTHONPATH: folder },
  })
  expect(stderr).toBe('')
  return stdout
}

describe.skipIf(!hasPip && process.env.CI !== 'true')('--package python, installed by pip', () => {
  test('arrays in and out, batches, threads: what numpy computes', async () => {
    const weights = [1, -1, 1, 1, -1, -1, 1, -1, 1, 1, 1, -1]
    await install(
      'signs',
      model({
        inputs: { 'x 1': 'float[1,4]' },
        outputs: { y: 'float[1,3]' },
        initializers: { w: f32([3, 4], weights) },
        nodes: [node('Sign', ['x 1'], 'sign'), node('Gemm', ['sign', 'w'], 'y', { transB: 1 })],
      }),
    )
    const said = python(`
import threading
import numpy, signs
w = numpy.array([${weights}], numpy.float32).reshape(3, 4)
x = numpy.random.default_rng(1).standard_normal((1001, 4), numpy.float32)
right = numpy.where(x >= 0, 1, -1).astype(numpy.float32) @ w.T
for threads in 1, 2, 7, 5000:
    assert (signs.run(x, threads=threads) == right).all()
assert (signs.run(x[:1]) == right[:1]).all() and signs.run(x[:1]).shape == (1, 3)
assert (signs.run(x[:, None]) == right[:, None]).all()
assert (signs.run(x.T.copy().T) == right).all()
assert signs.run(x[:0]).shape == (0, 3)
found = [None] * 4
def work(k): found[k] = signs.run(x[k * 200:])
workers = [threading.Thread(target=work, args=[k]) for k in range(4)]
for each in workers: each.start()
for each in workers: each.join()
assert all((found[k] == right[k * 200:]).all() for k in range(4))
for wrong in x.astype(numpy.float64), x[:, :3], [1.0], x[0]:
    try: signs.run(wrong)
    except (TypeError, ValueError) as error: print(type(error).__name__, error)
print(signs.INPUTS[0][0])
`)
    expect(said).toBe(`TypeError x 1 is float64; expected an array of float32, of [1, 4] or several of them
ValueError x 1 has shape [1001, 3]; expected [1, 4] or several of them
TypeError x 1 is list; expected an array of float32, of [1, 4] or several of them
ValueError x 1 has shape [4]; expected [1, 4] or several of them
x 1
`)
  })

  test('an index out of range names its sample', async () => {
    await install(
      'rows',
      nodeModel('Gather', { i: 'int64[1]' }, {}, { in: ['t', 'i'], initializers: { t: count([4, 2]) } }),
    )
    expect(
      python(`
import numpy, rows
print(rows.run(numpy.array([3, 1])).tolist())
try: rows.run(numpy.array([0, 1, 2, 7, 9]), threads=2)
except IndexError as error: print(error)
`),
    ).toBe('[[6.0, 7.0], [2.0, 3.0]]\nsample 3: an index is out of range\n')
  })
})

test('what a Python package cannot be is refused', async () => {
  const bytes = nodeModel('Relu', { x: 'float[1,2]' })
  const options = { target: 'c', package: 'python' } as const
  await expect(compile(bytes, { ...options, name: 'lambda' })).rejects.toThrow("Python cannot import the name 'lambda'")
  await expect(compile(bytes, { ...options, name: 'net', constants: 'file' })).rejects.toThrow(
    'takes --constants inline only',
  )
})
