import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pkg from 'onnx-proto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { runVerify } from '../../src/cli/verify.ts'
import { hasCompiler } from '../c-runner.ts'
import { model } from '../onnx.ts'
import { smallNetwork } from '../verify/small-network.ts'

const { onnx } = pkg
const folder = mkdtempSync(join(tmpdir(), 'xnorc-test-'))
const path = join(folder, 'small.onnx')
const options = {
  target: 'c',
  samples: 2,
  seed: 1,
  tolerance: 1e-5,
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
  vi.spyOn(console, 'error').mockImplementation(text => printed.push(text))
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

/** A program in place of the compiler, which changes the generated code before the real one builds it. */
function fakeCompiler(edit: string): string {
  const script = join(folder, 'fake-cc')
  writeFileSync(script, `#!/bin/sh\n${edit}\nexec cc "$@"\n`, { mode: 0o755 })
  return script
}

describe.skipIf(!hasCompiler('gcc'))('xnorc verify', () => {
  test('prints the layers and the outputs', async () => {
    expect(await runVerify(path, options)).toBe(0)
    const text = printed.join('\n')
    expect(text).toMatch(/second +Conv +bit 1×8×8×48 +15\.4 k +equal/)
    expect(text).toMatch(/dense\.out +interpreter +\S+ +5 of 5/)
    expect(text).toMatch(/dense\.out +onnxruntime +\S+ +5 of 5/)
    // Two by chance, and zeros, ties and extremes.
    expect(text).toMatch(/^verified: c, \d+ results of 5 samples; outputs equal those of onnxruntime within 0.00001/m)
  })

  test('names layer, position, values and distance where they differ, with exit status 1', async () => {
    // After the second layer's call, wherever that is, one of its bits is turned over.
    vi.stubEnv(
      'CC',
      fakeCompiler(`sed -i 's/^ .*small_second[_0-9]*(.*second_out.*;$/& second_out[2] ^= 8u;/' small.c`),
    )
    expect(await runVerify(path, options)).toBe(1)
    expect(printed.join('\n')).toMatch(
      /✗ Conv 'second': 5 of 15360 values differ, in channel 3; first in sample 0 at n 0, y 0, x 1, c 3: [01], should be [01]; before the comparison it is -?\d+ from its threshold/,
    )
    expect(printed.join('\n')).toMatch(/^NOT verified: c, .*; the first layer that differs is Conv 'second'$/m)
  })

  test('prints JSON', async () => {
    expect(await runVerify(path, { ...options, json: true, samples: 1 })).toBe(0)
    const result = JSON.parse(printed.join('\n'))
    expect(result).toMatchObject({ ok: true, verdict: 'equal', target: 'c', samples: 4, faults: [], changedLayers: [] })
    expect(result.layers.at(-1)).toMatchObject({ name: 'dense', op: 'Gemm', compared: 20, wrong: 0 })
  })

  test('takes inputs from a file', async () => {
    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 3, 8, 8), }".padEnd(117)
    const head = Buffer.from(`\x93NUMPY\x01\x00v\x00${header}\n`, 'latin1')
    writeFileSync(join(folder, 'images.npy'), Buffer.concat([head, Buffer.alloc(4 * 3 * 3 * 8 * 8)]))
    expect(await runVerify(path, { ...options, input: join(folder, 'images.npy') })).toBe(0)
    expect(printed.join('\n')).toContain('results of 3 samples')
  })

  /** A file with one sample. */
  const floats = (...values: readonly number[]): string => {
    const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (1, ${values.length}), }`.padEnd(117)
    const head = Buffer.from(`\x93NUMPY\x01\x00v\x00${header}\n`, 'latin1')
    writeFileSync(join(folder, 'sample.npy'), Buffer.concat([head, Buffer.from(Float32Array.from(values).buffer)]))
    return join(folder, 'sample.npy')
  }

  const dense = (...weights: readonly number[]) =>
    model({
      inputs: { x: 'float[1,4]' },
      outputs: { 'd.out': 'float[1,2]' },
      initializers: { w: { dtype: 'f32', shape: [4, 2], values: Float32Array.from(weights) } },
      nodes: [
        { op: 'Sign', in: ['x'], out: ['s'] },
        { op: 'MatMul', name: 'd', in: ['s', 'w'], out: ['d.out'] },
      ],
    })

  test('weights that were binarized: another function by choice, and how far off', async () => {
    writeFileSync(join(folder, 'latent.onnx'), dense(0.1, -0.27, 3.15, 0.58, -1.4, 1.73, 0.7, 2.24))
    expect(await runVerify(join(folder, 'latent.onnx'), options)).toBe(0)
    expect(printed.join('\n')).toMatch(
      /^another function by choice: c, d is not the model's; outputs are up to \d\S* % of the largest off onnxruntime, same prediction in \d of 5 samples;/m,
    )
    expect(printed.join('\n')).not.toMatch(/^verified/m)
  })

  test('weights that an export only rounded are compared', async () => {
    const rounded = 0.3 * (1 + 2 ** -22)
    writeFileSync(join(folder, 'rounded.onnx'), dense(0.3, -0.3, rounded, 0.3, -0.3, 0.3, 0.3, -rounded))
    expect(await runVerify(join(folder, 'rounded.onnx'), { ...options, input: floats(1, -2, 3, 4) })).toBe(0)
    expect(printed.join('\n')).toMatch(/d\.out +onnxruntime +\S+ +1 of 1/)
  })

  test('pixels and another layout: the model gets what it expects', async () => {
    const form = { inputType: 'u8', inputLayout: 'nhwc', mean: [0.5], std: [0.25] } as const
    expect(await runVerify(path, { ...options, ...form })).toBe(0)
    expect(printed.join('\n')).toMatch(/dense\.out +onnxruntime +\S+ +5 of 5/)
  })

  test('several targets, each built and run', async () => {
    expect(await runVerify(path, { ...options, target: 'c, wasm', samples: 1 })).toBe(0)
    expect(printed.join('\n').match(/^verified: (c|wasm), /gm)).toEqual(['verified: c, ', 'verified: wasm, '])
  })

  test('signs of exact zeros are named', async () => {
    const weights = { dtype: 'f32', shape: [2, 2], values: Float32Array.of(1, -1, 1, 1) } as const
    const signs = {
      inputs: { x: 'float[1,2]' },
      outputs: { 'd.out': 'float[1,2]' },
      initializers: { w: weights },
      nodes: [
        { op: 'Sign', in: ['x'], out: ['s'] },
        { op: 'MatMul', name: 'd', in: ['s', 'w'], out: ['t'] },
        { op: 'Sign', name: 'inner', in: ['t'], out: ['u'] },
        { op: 'MatMul', in: ['u', 'w'], out: ['d.out'] },
      ],
    } as const
    writeFileSync(join(folder, 'signs.onnx'), model(signs))
    // 1 and 1 give 2 and 0; the sum of two signs is named by a warning.
    expect(await runVerify(join(folder, 'signs.onnx'), { ...options, input: floats(1, 1) })).toBe(0)
    const text = printed.join('\n')
    expect(text).toContain("1 signs of an exact 0 at 'inner' are 0 in ONNX and +1 in bits, as the warning says")
    expect(text).toMatch(
      /^verified but for signs of exact zeros, as warned: c, .*; nothing else differs from onnxruntime/m,
    )
    // Zeros of the input itself are named as well.
    printed = []
    expect(await runVerify(join(folder, 'signs.onnx'), { ...options, input: floats(0, 0) })).toBe(0)
    expect(printed.join('\n')).toContain("2 signs of an exact 0 at 's' are 0 in ONNX")
  })

  test('weights beside the model are given to onnxruntime too', async () => {
    const { ModelProto } = onnx
    const proto = ModelProto.decode(dense(1, -1, 1, 1, -1, 1, 1, 1))
    const tensor = proto.graph!.initializer![0]!
    writeFileSync(join(folder, 'weights.bin'), tensor.rawData!)
    tensor.externalData = [{ key: 'location', value: 'weights.bin' }]
    tensor.dataLocation = 1
    tensor.rawData = new Uint8Array()
    writeFileSync(join(folder, 'external.onnx'), ModelProto.encode(proto).finish())
    await runVerify(join(folder, 'external.onnx'), options)
    expect(printed.join('\n')).toMatch(/d\.out +onnxruntime/)
  })

  test('says what is missing', async () => {
    vi.stubEnv('CC', 'no-such-cc -O2')
    await expect(runVerify(path, options)).rejects.toThrow("there is no C compiler 'no-such-cc'")
    await expect(runVerify(path, { ...options, target: 'vhdl' })).rejects.toThrow("target 'vhdl' cannot be verified")
    await expect(runVerify(path, { ...options, input: 'none.npy' })).rejects.toThrow("cannot read 'none.npy'")
  })
})
