import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { runBench } from '../../src/cli/bench.ts'
import { hasCompiler } from '../c-runner.ts'
import { model } from '../onnx.ts'
import { smallNetwork } from '../verify/small-network.ts'

const folder = mkdtempSync(join(tmpdir(), 'xnorc-test-'))
const path = join(folder, 'small.onnx')
const options = {
  target: 'c',
  milliseconds: 5,
  weights: 'xnor',
  binarize: 'auto',
  scale: 'alpha-k',
  signZero: 'plus',
  firstLayer: 'float',
  batch: 1,
} as const
let printed: string[] = []

beforeAll(() => writeFileSync(path, smallNetwork()))
afterAll(() => rmSync(folder, { recursive: true }))
beforeEach(() => {
  printed = []
  vi.spyOn(console, 'log').mockImplementation(text => printed.push(text))
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

// Nothing here says how fast anything is: a test machine has other things to do.
describe.skipIf(!hasCompiler('gcc'))('xnorc bench', () => {
  test('times the C code, onnxruntime and the layers', async () => {
    await runBench(path, options)
    const text = printed.join('\n')
    expect(text).toMatch(/^xnorc, C \(.*-O3, \w+\) +[\d.]+/m)
    expect(text).toMatch(/^onnxruntime-node, 1 thread, this model in float +[\d.]+ +[\d.]+×/m)
    expect(text).toMatch(/^second .* [\d.]+ +\d+ +\d+ %$/m)
    expect(text).toMatch(/^sum +[\d.]+$/m)
    expect(text).toMatch(/^peak of the inner loops on data in L1: \d+ binMAC\/ns, \d+ MAC\/ns$/m)
  })

  test('prints JSON; without instruction sets it is portable code', async () => {
    await runBench(path, { ...options, isa: [], json: true })
    const result = JSON.parse(printed.join('\n'))
    expect(result).toMatchObject({ target: 'c', name: 'small', isa: 'portable' })
    expect(result.ratio).toBeCloseTo(result.onnxruntime / result.xnorc)
    expect(result.cpu.ratio).toBeGreaterThan(0)
    expect(result.peak.binary).toBeGreaterThan(0)
    const multiplied = result.layers.filter((layer: { binaryMacs: number }) => layer.binaryMacs > 0)
    expect(multiplied.length).toBeGreaterThan(0)
    for (const { microseconds, peakShare } of multiplied) {
      expect(microseconds).toBeGreaterThan(0)
      expect(peakShare).toBeGreaterThan(0)
    }
  })

  test('constants in a file', async () => {
    await runBench(path, { ...options, constants: 'file', json: true })
    expect(JSON.parse(printed.join('\n')).xnorc).toBeGreaterThan(0)
    await expect(runBench(path, { ...options, target: 'wasm', constants: 'file' })).rejects.toThrow('for the target c')
  })

  test('inputs in another form, and indices', async () => {
    await runBench(path, { ...options, inputType: 'u8', inputLayout: 'nhwc', json: true })
    const words = {
      inputs: { ids: 'int64[1,3]' },
      outputs: { y: 'float' },
      initializers: { table: { dtype: 'f32', shape: [4, 2], values: Float32Array.from({ length: 8 }, (_, i) => i) } },
      nodes: [{ op: 'Gather', in: ['table', 'ids'], out: ['y'] }],
    } as const
    writeFileSync(join(folder, 'words.onnx'), model(words))
    await runBench(join(folder, 'words.onnx'), { ...options, json: true })
    for (const text of printed) expect(JSON.parse(text).ratio).toBeGreaterThan(0)
    expect(JSON.parse(printed[1]!).peak.binary).toBeUndefined()
  })

  test('times WASM', async () => {
    await runBench(path, { ...options, target: 'wasm', json: true })
    const result = JSON.parse(printed.join('\n'))
    expect(result.xnorc).toBeGreaterThan(0)
    expect(result.layers.length).toBeGreaterThan(3)
  })

  test('says what is missing, and what does not fit', async () => {
    vi.stubEnv('CC', 'no-such-cc')
    await expect(runBench(path, options)).rejects.toThrow("there is no C compiler 'no-such-cc'")
    await expect(runBench(path, { ...options, target: 'vhdl' })).rejects.toThrow("there is no target 'vhdl'")
    await expect(runBench(path, { ...options, target: 'wasm', isa: [] })).rejects.toThrow('--isa is for the target c')
    await expect(runBench(path, { ...options, batchSizes: [1] })).rejects.toThrow('are for the target wgsl')
    await expect(runBench(path, { ...options, target: 'wgsl', chromium: '/no/chromium' })).rejects.toThrow(
      "there is no Chromium at '/no/chromium'",
    )
  })
})
