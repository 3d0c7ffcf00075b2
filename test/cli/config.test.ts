import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { watchCompile } from '../../src/cli/compile.ts'
import { configOf } from '../../src/node/config.ts'
import { configuredOptions } from '../../src/plugin/config.ts'
import { nodeModel } from '../onnx.ts'
import { xnorc, xnorcIn } from './command.ts'

const folder = mkdtempSync(join(tmpdir(), 'xnorc-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const config = join(folder, 'xnorc.config.json')
const [first, second] = [join(folder, 'nets/first.onnx'), join(folder, 'second.onnx')]
mkdirSync(join(folder, 'nets'))
for (const path of [first, second]) writeFileSync(path, nodeModel('Relu', { x: 'float[1,3,2,2]' }))
const write = (models: unknown) => writeFileSync(config, JSON.stringify({ models }))

describe('xnorc.config.json', () => {
  test('gives the options of a model, which the command line overrides; the depfile names it', () => {
    write({ 'nets/first.onnx': { target: 'c', out: 'made', name: 'net', inputType: 'u8', mean: [0.5], std: [0.25] } })
    const { status, stderr } = xnorc('compile', first, '--std', '0.5', '--depfile', join(folder, 'net.d'))
    expect(stderr).toContain('net.c')
    expect(status).toBe(0)
    expect(readFileSync(join(folder, 'made/net.h'), 'utf8')).toContain('--input-type u8 --mean 0.5 --std 0.5')
    expect(readFileSync(join(folder, 'net.d'), 'utf8')).toContain('xnorc.config.json')
    const { stdout } = xnorc('inspect', first, '--json')
    expect(JSON.parse(stdout)).toMatchObject({ inputs: [{ dtype: 'u8' }] })
  })

  test('compiles all its models where none is named', () => {
    write({ 'nets/first.onnx': { target: 'c', out: 'all' }, 'second.onnx': { target: 'wasm', out: 'all' } })
    const { status } = xnorcIn(folder, 'compile')
    expect(status).toBe(0)
    for (const file of ['first.c', 'first.h', 'second.js', 'second.wasm'])
      expect(existsSync(join(folder, 'all', file))).toBe(true)
  })

  test('is what the plugin compiles with, as far as it is for the web', async () => {
    writeFileSync(join(folder, 'names.txt'), 'a\nb\n')
    write({ 'second.onnx': { target: 'c', out: 'all', inputType: 'u8', labels: 'names.txt' } })
    const { options, files } = await configuredOptions(second)
    expect(options).toEqual({ inputType: 'u8', labels: ['a', 'b'] })
    expect(files[0]).toBe(config)
    expect(await configOf(first)).toBeUndefined()
  })

  test.each([
    [{ 'second.onnx': { weight: 'exact' } }, "models, 'second.onnx': there is no option 'weight'"],
    [{ 'second.onnx': { weights: 'half' } }, "option weights is 'half'"],
    [{ 'second.onnx': { out: 1 } }, 'out has to be text'],
    [[], 'expected an object of options by model file'],
  ])('%j is wrong usage', (models, message) => {
    write(models)
    const { status, stderr } = xnorc('inspect', second)
    expect(stderr).toContain(message)
    expect(status).toBe(2)
  })
})

test('--watch compiles again when the model changes, and goes on after a fault', async () => {
  rmSync(config, { force: true })
  const said: string[] = []
  const log = vi.spyOn(console, 'error').mockImplementation(text => void said.push(`${text}`))
  const stop = new AbortController()
  const out = join(folder, 'watched')
  const options = { target: 'c', out, name: 'net' } as Parameters<typeof watchCompile>[1]
  const watching = watchCompile(second, options, stop.signal)
  const runs = () => said.filter(text => text.startsWith('watching')).length
  const header = () => readFileSync(join(out, 'net.h'), 'utf8')
  try {
    await vi.waitUntil(() => runs() === 1, 20_000)
    expect(header()).toContain('NET_X_ELEMENTS 12 ')
    writeFileSync(second, 'no model')
    await vi.waitUntil(() => runs() === 2, 20_000)
    expect(said.join('\n')).toContain('invalid-model')
    writeFileSync(second, nodeModel('Relu', { x: 'float[1,5]' }))
    await vi.waitUntil(() => runs() === 3, 20_000)
    expect(header()).toContain('NET_X_ELEMENTS 5 ')
  } finally {
    stop.abort()
    await watching
    log.mockRestore()
  }
})
