import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { compile } from '../src/index.ts'
import { hasCompiler } from './c-runner.ts'
import { drawAeroplane, drawDigit } from './drawings.ts'

const STRICT = ['-std=c99', '-Wall', '-Wextra', '-Wpedantic', '-Werror', '-O2']
const examples = resolve(import.meta.dirname, '../examples')
const folder = mkdtempSync(join(tmpdir(), 'xnorc-examples-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Compiles an example as its README says; returns the path of its program. */
async function build(example: string, name: string): Promise<string> {
  const model = readFileSync(join(examples, example, `${name}.binary.onnx`))
  const { files } = await compile(new Uint8Array(model), { target: 'c', name })
  for (const { path, content } of files) writeFileSync(join(folder, path), content)
  const main = join(examples, example, 'main.c')
  execFileSync('gcc', [...STRICT, '-I.', main, `${name}.c`, '-lm', '-o', name], { cwd: folder })
  return join(folder, name)
}

/** The packed words in a model's generated code. */
async function words(model: string): Promise<string[]> {
  const bytes = new Uint8Array(readFileSync(join(examples, model)))
  const { files } = await compile(bytes, { target: 'c', name: 'model' })
  return files.flatMap(({ content }) => String(content).match(/\b0x[0-9a-f]+u\b/g) ?? [])
}

const run = (program: string, ...pictures: string[]) => execFileSync(program, pictures, { encoding: 'utf8' })

/** A Netpbm picture, binary; `magic` is P5 for grey, P6 for colours. */
function writePicture(magic: string, width: number, pixels: Uint8Array, comment = ''): string {
  const path = join(folder, 'picture')
  writeFileSync(path, Buffer.concat([Buffer.from(`${magic}\n${comment}${width} ${width}\n255\n`), pixels]))
  return path
}

describe('shipped models', () => {
  for (const model of ['lenet5-mnist/lenet5', 'nin-cifar10/nin'])
    test(`${model}: latent weights and signs of weights become the same bits`, async () => {
      const [latent, binary] = [await words(`${model}.latent.onnx`), await words(`${model}.binary.onnx`)]
      expect(latent.length).toBeGreaterThan(10_000)
      expect(latent).toEqual(binary)
    })
})

describe.skipIf(!hasCompiler('gcc'))('examples in C', () => {
  test('lenet5-mnist recognises drawn digits', async () => {
    const program = await build('lenet5-mnist', 'lenet5')
    expect(run(program)).toMatch(/^(\d +-?\d+\.\d{3}\n){10}This is a 7\.\n$/)
    const recognised = Array.from({ length: 10 }, (_, digit) => {
      const [, found] = run(program, writePicture('P5', 28, drawDigit(digit))).match(/This is a (\d)/)!
      return Number(found)
    })
    expect(recognised).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('nin-cifar10 names painted pictures', async () => {
    const program = await build('nin-cifar10', 'nin')
    expect(run(program)).toMatch(/^([a-z]+ +-?\d+\.\d{3}\n){10}This looks like: ship\n$/)
    expect(run(program, writePicture('P6', 32, drawAeroplane()))).toContain('This looks like: airplane')
  })

  test('pictures may have a comment, and wrong ones are refused', async () => {
    const program = await build('lenet5-mnist', 'lenet5')
    expect(run(program, writePicture('P5', 28, drawDigit(3), '# made by hand\n'))).toContain('This is a 3.')
    const wrong = [
      () => writePicture('P5', 27, drawDigit(3)),
      () => writePicture('P6', 28, drawDigit(3)),
      () => writePicture('P5', 28, drawDigit(3).subarray(1)),
      () => join(folder, 'missing'),
    ]
    for (const write of wrong)
      expect(() => execFileSync(program, [write()], { stdio: 'pipe' })).toThrow(/not a binary PGM/)
  })
})
