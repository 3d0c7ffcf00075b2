import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import loadWabt from 'wabt'
import type { SourceFile } from '../../src/backends/backend.ts'
import { inComment, jsString } from '../../src/backends/print/foreign-text.ts'
import type { Target } from '../../src/backends/registry.ts'
import { compile } from '../../src/compile.ts'
import { f32 } from '../../src/ir/tensor.ts'
import { hasCompiler } from '../c-runner.ts'
import { model, node } from '../onnx.ts'
import { typeCheck } from './type-check.ts'

const js = 'globalThis.pwned=1'
/** Names that would end a comment or a string of some target, and what they would do then. */
const hostile = [
  `a\n${js}//`,
  `b\r${js}//`,
  `c\u2028${js}//`,
  `d\u2029${js}//`,
  `e*/ ${js} /*`,
  `f'; ${js}; '`,
  `g"; ${js}; "`,
  'h\\',
  'i??/',
  'j\u0085 k\v l\f m\0',
  'n ;) (; ;; o',
  `p</script><!--${js}-->`,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a name, not a template
  'q${globalThis.pwned=1}`',
  'r\u202e\ufeff é',
  '__proto__',
  'constructor',
]

/** A chain of layers with these names, so that each is met in comments; inputs and outputs have them too. */
const named = (names: readonly string[]): Uint8Array =>
  model({
    inputs: Object.fromEntries(names.map(name => [`${name}in`, 'float[1,4]'])),
    outputs: Object.fromEntries(names.map(name => [name, 'float'])),
    nodes: names.flatMap((name, k) => [
      node('Gemm', [`${name}in`, `${name}w`], `${name}g`),
      node('Sign', [`${name}g`], `${name}s`),
      node('Gemm', [`${name}s`, `${name}w`], `${name}p`),
      node('Add', [k === 0 ? `${name}g` : names[k - 1]!, `${name}p`], name),
    ]),
    initializers: Object.fromEntries(names.map(name => [`${name}w`, f32([4, 4], new Float32Array(16).fill(0.5))])),
  })

const folder = mkdtempSync(join(tmpdir(), 'xnorc-names-'))
afterAll(() => rmSync(folder, { recursive: true }))

const filesOf = async (target: Target, commandLine: string) =>
  (
    await compile(named(hostile), {
      target,
      name: 'net',
      commandLine,
      binarize: hostile.map(n => `${n}g`),
      ...(target === 'wasm' ? { wat: true } : {}),
    })
  ).files

/** Writes the files and returns their folder. */
function write(name: string, files: readonly SourceFile[]): string {
  const place = mkdtempSync(join(folder, name))
  for (const { path, content } of files) writeFileSync(join(place, path), content)
  writeFileSync(join(place, 'package.json'), '{ "type": "module" }')
  return place
}

describe('names of a model and words of a user in generated code', () => {
  const commandLine = `--binarize ${hostile.join(',')}`
  let c: readonly SourceFile[]
  let wasm: readonly SourceFile[]
  let wgsl: readonly SourceFile[]
  beforeAll(async () => {
    c = await filesOf('c', commandLine)
    wasm = await filesOf('wasm', commandLine)
    wgsl = await filesOf('wgsl', commandLine)
  }, 60_000)

  test.runIf(hasCompiler('gcc'))('C compiles without a warning, trigraphs and all', { timeout: 180_000 }, () => {
    const place = write('c', c)
    const flags = ['-std=c99', '-trigraphs', '-Wall', '-Wextra', '-Wpedantic', '-Werror', '-fsyntax-only']
    execFileSync('gcc', [...flags, 'net.c'], { cwd: place, stdio: 'pipe' })
  })

  test.each(['wasm', 'wgsl'] as const)('%s: a loader that runs nothing of them', async target => {
    const place = write(target, target === 'wasm' ? wasm : wgsl)
    const module = await import(pathToFileURL(join(place, 'net.js')).href)
    expect(module.load).toBeTypeOf('function')
    expect('pwned' in globalThis).toBe(false)
  })

  test('WASM takes and gives values by these names, and its text is a module', async () => {
    const place = write('run', wasm)
    const { load } = await import(pathToFileURL(join(place, 'net.js')).href)
    const network = await load(wasm.find(({ path }) => path === 'net.wasm')!.content)
    expect(network.outputs.map(({ name }: { name: string }) => name)).toEqual(hostile)
    const feeds = Object.fromEntries(hostile.map(name => [`${name}in`, new Float32Array(4)]))
    expect(Object.keys(network.run(feeds))).toHaveLength(hostile.length)
    const wabt = await loadWabt()
    const text = wasm.find(({ path }) => path === 'net.wat')!.content as string
    wabt.parseWat('net.wat', text, { simd: true }).validate()
  })

  test('the shaders are those of the same model with plain names', async () => {
    const plain = hostile.map((_, k) => `n${k}`)
    const binarize = plain.map(name => `${name}g`)
    const { files } = await compile(named(plain), { target: 'wgsl', name: 'net', binarize })
    const lines = (all: readonly SourceFile[]) => `${all[0]!.content}`.split(/[\n\r\v\f\u0085\u2028\u2029]/)
    const code = (all: readonly SourceFile[]) => lines(all).filter(line => line !== '' && !/^\s*\/\//.test(line))
    expect(code(wgsl)).toHaveLength(code(files).length)
  })

  test.each(['wasm', 'wgsl'] as const)('%s: declarations that TypeScript takes', { timeout: 180_000 }, target => {
    const files = target === 'wasm' ? wasm : wgsl
    expect(typeCheck(files, `import { load } from './net.js'\nexport const network = load()`)).not.toMatch(/net\.d\.ts/)
  })
})

test('text stays readable where it is harmless', () => {
  expect(inComment('/features/0/Conv, a (b) 100 % "c"')).toBe('/features/0/Conv, a (b) 100 % "c"')
  expect(jsString('名前 "x"')).toBe('"名前 \\"x\\""')
  expect(jsString('it\'s "x"', "'")).toBe(`'it\\'s "x"'`)
})
