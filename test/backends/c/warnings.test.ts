import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compile } from '../../../src/index.ts'
import { type Compiler, hasCompiler } from '../../c-runner.ts'

const networks = { nin: 'nin-cifar10', lenet5: 'lenet5-mnist', textcnn: 'textcnn-imdb' }
const compilers: readonly (readonly [Compiler, readonly string[]])[] = [
  ['gcc', ['-std=c99']],
  ['g++', ['-x', 'c++', '-std=c++11']],
  ['clang-22', ['-std=c99']],
  ['clang++-22', ['-x', 'c++', '-std=c++11']],
]
const STRICT = ['-Wall', '-Wextra', '-Wpedantic', '-Werror']

describe('the examples compile without a warning', { timeout: 240_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'xnorc-warnings-'))
  beforeAll(async () => {
    for (const [name, example] of Object.entries(networks)) {
      const model = join(import.meta.dirname, '../../../examples', example, `${name}.binary.onnx`)
      const { files } = await compile(new Uint8Array(readFileSync(model)), { target: 'c', name })
      for (const { path, content } of files) writeFileSync(join(folder, path), content)
    }
  }, 60_000)
  afterAll(() => rmSync(folder, { recursive: true }))

  for (const [compiler, language] of compilers)
    describe.runIf(hasCompiler(compiler))(compiler, () => {
      // Many warnings of gcc depend on what its optimizer found out.
      const linked = compiler.startsWith('g') ? ['-O3 -flto -shared -fPIC'] : []
      it.each(['-O2 -c', '-O3 -c', ...linked])('%s', options => {
        for (const name of Object.keys(networks)) {
          const args = [...language, ...STRICT, ...options.split(' '), `${name}.c`, '-o', 'out']
          expect(() => execFileSync(compiler, args, { cwd: folder, stdio: 'pipe' }), name).not.toThrow()
        }
      })
    })
})
