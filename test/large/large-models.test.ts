import { spawnSync } from 'node:child_process'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { c } from '../../src/backends/c/index.ts'
import { constant, create, input } from '../../src/ir/node.ts'
import { lower } from '../../src/lower/index.ts'
import { inFolder, xnorc } from '../cli/command.ts'
import { convolutionNetwork, deepNetwork, denseNetwork } from './models.ts'

/** Compiles in a process whose heap of JavaScript objects has so many MB; tensors lie outside of it. */
function compileWith(heap: number, model: Uint8Array, ...options: string[]) {
  return inFolder(folder => {
    const path = join(folder, 'net.onnx')
    writeFileSync(path, model)
    const bin = join(import.meta.dirname, '../../dist/cli/index.js')
    const args = [`--max-old-space-size=${heap}`, bin, 'compile', path, '--json', '--out', folder, ...options]
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    const files = status === 0 ? (JSON.parse(stdout).files as string[]) : []
    const sizes = Object.fromEntries(files.map(file => [file, statSync(join(folder, file)).size]))
    return { status, stderr, sizes, summary: status === 0 ? JSON.parse(stdout) : undefined }
  })
}

// No value of a weight may become an object or a string of its own: such a heap would not do then.
/** Lines of stderr, but for those that trained weights were binarized. */
const unexpected = (stderr: string): string[] =>
  stderr.split('\n').filter(line => line !== '' && !line.startsWith('warning: changed-weights: '))

describe('100 MB of weights fit into a heap of 64 MB', { timeout: 240_000 }, () => {
  it('dense layers, constants in a file', () => {
    const { status, stderr, sizes, summary } = compileWith(
      64,
      denseNetwork(100),
      ...['--target', 'c', '--constants', 'file'],
    )
    expect(unexpected(stderr)).toEqual([])
    expect(status).toBe(0)
    expect(summary.totals).toMatchObject({ layers: 4, binaryLayers: 3 })
    // Three layers of bits, and the last of floats, which is a quarter of the model.
    expect(sizes['net.bin']).toBeGreaterThan(27e6)
    expect(sizes['net.bin']).toBeLessThan(30e6)
    expect(sizes['net.c']).toBeLessThan(100_000)
  })

  it('convolutions, constants in the source', () => {
    const { status, stderr, sizes, summary } = compileWith(64, convolutionNetwork(100), '--target', 'c')
    expect(unexpected(stderr)).toEqual([])
    expect(status).toBe(0)
    expect(summary.totals).toMatchObject({ layers: 9, binaryLayers: 8 })
    expect(sizes['net.c']).toBeGreaterThan(5e6)
  })

  it('dense layers as WASM', () => {
    const { status, stderr, sizes } = compileWith(64, denseNetwork(100), '--target', 'wasm')
    expect(unexpected(stderr)).toEqual([])
    expect(status).toBe(0)
    expect(sizes['net.wasm']).toBeLessThan(30e6)
  })
})

describe('other extremes', { timeout: 240_000 }, () => {
  it('200 layers one behind another', () => {
    inFolder(folder => {
      const path = join(folder, 'deep.onnx')
      writeFileSync(path, deepNetwork(200))
      const { status, stdout } = xnorc('compile', path, '--target', 'c', '--out', folder, '--json')
      expect(status).toBe(0)
      expect(JSON.parse(stdout).totals).toMatchObject({ layers: 201, binaryLayers: 200 })
    })
  })

  it('more than C source can hold is refused, and not with --constants file', () => {
    const rows = 26 * 2 ** 20
    const tokens = input('tokens', { dtype: 'i64', shape: [1] })
    const table = constant({ dtype: 'f32', shape: [rows, 1], values: new Float32Array(rows) }, ['table'])
    const node = create('gather', [table, tokens], {}, ['embedding'])
    const plan = lower({ name: 'huge', inputs: [tokens], outputs: [{ name: 'y', node }] })
    expect(() => c.print(plan, { version: '' })).toThrow(
      'constants-too-large: 110 MB of constants are too many for C source, which takes up to 100 MB. Use --constants file.',
    )
    expect(c.print(plan, { version: '', constants: 'file' }).at(-1)!.content).toHaveLength(64 + 4 * rows)
  })
})
