import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasCompiler } from './c-runner.ts'
import { xnorcIn } from './cli/command.ts'
import { isMissing, sharedPath } from './shared.ts'
import { PYTHON } from './training/python.ts'

const example = resolve(import.meta.dirname, '../examples/at-scale')

/** Debian's python3-distributed, and what builds the libraries. */
function isSomethingMissing(): boolean {
  const { status } = spawnSync(PYTHON, ['-c', 'import dask, distributed, numpy, setuptools, sqlite3'])
  const { status: headers } = spawnSync('gcc', ['-E', '-'], { input: '#include <sqlite3ext.h>\n' })
  if (status === 0 && headers === 0 && hasCompiler('gcc')) return isMissing('data/mnist/t10k-images-idx3-ubyte.gz')
  if (process.env.CI === 'true') throw new Error('python3-distributed or libsqlite3-dev is missing')
  console.warn('skipped: python3-distributed or libsqlite3-dev is missing (scripts/install-system-packages.sh)')
  return true
}

const folder = mkdtempSync(join(tmpdir(), 'xnorc-at-scale-'))
afterAll(() => rmSync(folder, { recursive: true }))

const run = (command: string, ...args: readonly string[]): string =>
  execFileSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, PYTHONPATH: join(folder, 'build') },
  })
const script = (name: string, ...args: readonly string[]) => run(PYTHON, join(example, name), ...args)

describe.skipIf(isSomethingMissing())('a data set scored chunk by chunk', () => {
  let right: number
  beforeAll(() => {
    const model = join(example, '../lenet5-mnist/lenet5.binary.onnx')
    const bytes = ['--input-type', 'u8', '--mean', '0.1307', '--std', '0.3081']
    const forPython = ['--target', 'c', '--package', 'python', '--name', 'lenet5', '--out', 'build']
    expect(xnorcIn(folder, 'compile', model, ...forPython, ...bytes).status).toBe(0)
    const data = sharedPath('data/mnist')
    const { stdout } = xnorcIn(folder, 'eval', model, ...bytes, '--data', data, '--json')
    right = JSON.parse(stdout).correct
    expect(right).toBeGreaterThan(9900)
    script('prepare.py', '--data', data, '--out', 'data')
    const strict = ['-Wall', '-Wextra', '-Wpedantic', '-Werror', '-O3', '-fPIC', '-shared', '-Ibuild']
    run('gcc', ...strict, join(example, 'extension.c'), 'build/lenet5.c', '-lm', '-o', 'build/lenet.so')
    execFileSync(PYTHON, ['setup.py', '-q', 'build_ext', '--inplace'], { cwd: join(folder, 'build'), stdio: 'pipe' })
  })

  test('by SQLite: the same digits right as by eval; what is missing is made up for', () => {
    const score = (workers: number) =>
      script('score_sqlite.py', 'data/digits.db', '--chunk', '900', '--workers', `${workers}`)
    expect(score(2)).toMatch(new RegExp(`^10000 images by 2 workers, \\d+ images/s\n${right} of 10000 right`))
    const sql = (text: string) =>
      run(
        PYTHON,
        '-c',
        `import sqlite3
db = sqlite3.connect('data/digits.db')
db.enable_load_extension(True)
db.load_extension('build/lenet')
print(*db.execute(${JSON.stringify(text)}).fetchall())
db.commit()`,
      ).trim()
    sql('DELETE FROM scores WHERE id % 7 = 0')
    expect(score(1)).toMatch(new RegExp(`^1428 images by 1 workers, \\d+ images/s\n${right} of 10000 right`))
    expect(sql('SELECT lenet5(NULL), typeof(lenet5(image)) FROM digits LIMIT 1')).toBe("(None, 'integer')")
    expect(() => sql("SELECT lenet5('short')")).toThrow('an image has 784 bytes')
  })

  test('by Dask: the same, and chunks that are there are left alone; scores of others are refused', () => {
    const score = (chunk: number) =>
      script('score_dask.py', 'data/images.npy', 'data/labels.npy', '--workers', '2', '--chunk', `${chunk}`)
    expect(score(900)).toMatch(new RegExp(`^10000 images by 2 workers, \\d+ images/s\n${right} of 10000 right`))
    const scores = join(folder, 'scores')
    const kept = statSync(join(scores, '000000000.npy')).mtimeMs
    for (const chunk of ['000000900', '000009900']) rmSync(join(scores, `${chunk}.npy`))
    // Of a worker that was stopped while it wrote.
    writeFileSync(join(scores, '000000900.1.npy'), 'half')
    expect(score(900)).toMatch(new RegExp(`^1000 images by 2 workers, \\d+ images/s\n${right} of 10000 right`))
    expect(statSync(join(scores, '000000000.npy')).mtimeMs).toBe(kept)
    expect(readdirSync(scores)).toHaveLength(12 + 2)
    expect(() => score(1000)).toThrow('has scores of another network, other images or other chunks')
  })
})
