import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compile } from '../../../src/index.ts'
import { lower } from '../../../src/lower/index.ts'
import { prepare } from '../../../src/prepare.ts'
import { type Compiler, compileC, floatsOf, hasCompiler, type Settings } from '../../c-runner.ts'
import { randomTensor } from '../../random.ts'

const model = new Uint8Array(
  readFileSync(join(import.meta.dirname, '../../../examples/lenet5-mnist/lenet5.binary.onnx')),
)
const STRICT = ['-std=c99', '-Wall', '-Wextra', '-Wpedantic', '-Werror', '-O2', '-c']
const hasGcc = hasCompiler('gcc')

describe('generated C in unusual toolchains', { timeout: 180_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'xnorc-toolchains-'))
  const build = (compiler: string, ...args: readonly string[]): string =>
    execFileSync(compiler, args, { cwd: folder, stdio: 'pipe', encoding: 'utf8' })
  let constantBytes = 0
  beforeAll(async () => {
    const { files, summary } = await compile(model, { target: 'c', name: 'net' })
    constantBytes = summary.constantBytes
    for (const { path, content } of files) writeFileSync(join(folder, path), content)
    // The headers of the system are read before: they do not work without __GNUC__.
    const headers = '#include <math.h>\n#include <stdint.h>\n#include <string.h>\n'
    writeFileSync(join(folder, 'other.c'), `${headers}#undef __GNUC__\n#undef __clang__\n#include "net.c"\n`)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const compilers: readonly Compiler[] = ['gcc', 'clang-22']
  for (const compiler of compilers)
    it.runIf(hasCompiler(compiler))(`needs nothing of GNU C: ${compiler}`, () =>
      expect(() => build(compiler, ...STRICT, 'other.c', '-o', 'other.o')).not.toThrow(),
    )

  it.runIf(hasGcc)('refuses an int of 16 bits', () =>
    expect(() => build('gcc', '-U__SIZEOF_INT__', '-D__SIZEOF_INT__=2', '-c', 'net.c', '-o', 'small.o')).toThrow(
      '#error "net needs a compiler whose int has 32 bits"',
    ),
  )

  it.runIf(hasGcc)('puts constants where NET_CONST and NET_ALIGN say', () => {
    const place = ['-DNET_CONST=__attribute__((section(".weights")))', '-DNET_ALIGN=__attribute__((aligned(8)))']
    build('gcc', ...STRICT, ...place, 'net.c', '-o', 'placed.o')
    const [, size, alignment] = /\.weights +([0-9a-f]+) .* 2\*\*(\d+)\n/.exec(build('objdump', '-h', 'placed.o'))!
    const bytes = Number.parseInt(size!, 16)
    // Compilers leave out what they know by heart: a constant of one value.
    expect(bytes).toBeGreaterThan(0.99 * constantBytes)
    expect(bytes).toBeLessThan(constantBytes + 1024)
    expect(alignment).toBe('3')
  })
})

describe.runIf(hasGcc)('--fp-contract off', { timeout: 240_000 }, async () => {
  const { graph } = await prepare(model, { name: 'net' })
  const plan = lower(graph)
  const feeds = Array.from(
    { length: 8 },
    (_, seed) => new Map([['input', randomTensor({ dtype: 'f32', shape: [1, 1, 28, 28] }, seed)]]),
  )
  const floats = (settings: Settings) => floatsOf(plan, compileC([plan], settings).run(plan, feeds))
  const unfused = floats({ flags: ['-O2', '-ffp-contract=off'], isa: [] })

  const builds: readonly (readonly [string, Settings])[] = [
    ['gcc -O3, every instruction set', { flags: ['-O3'] }],
    ['gcc -O3, AVX2', { flags: ['-O3'], isa: ['avx2'] }],
    // Of itself gcc fuses nothing in ISO C.
    ['gcc -O3 -march=haswell', { flags: ['-ffp-contract=fast', '-O3', '-march=haswell'], isa: [] }],
    ['clang -O3 -march=haswell', { compiler: 'clang-22', flags: ['-O3', '-march=haswell'], isa: [] }],
    ['clang -O3, every instruction set', { compiler: 'clang-22', flags: ['-O3'] }],
  ]
  for (const [name, settings] of builds)
    describe.runIf(hasCompiler(settings.compiler ?? 'gcc'))(name, () => {
      it('gives the floats of an unfused build', () =>
        expect(floats({ ...settings, fpContract: 'off' })).toEqual(unfused))

      it('differs from it otherwise', () => expect(floats(settings)).not.toEqual(unfused))
    })
})
