import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { runVerify } from '../../src/cli/verify.ts'
import { model } from '../onnx.ts'
import { smallNetwork } from '../verify/small-network.ts'

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

describe('xnorc verify', () => {
  test('prints the layers and the outputs', async () => {
    expect(await runVerify(path, options)).toBe(0)
    const text = printed.join('\n')
    expect(text).toMatch(/second +Conv +bit 1×8×8×48 +6\.1 k +equal/)
    expect(text).toMatch(/dense\.out +interpreter +\S+ +2 of 2/)
    expect(text).toMatch(/dense\.out +onnxruntime +\S+ +2 of 2/)
    expect(text).toMatch(/^verified: \d+ results of 2 samples/m)
  })

  test('names layer, position, values and distance where they differ, with exit status 1', async () => {
    // After the second layer's call, wherever that is, one of its bits is turned over.
    vi.stubEnv(
      'CC',
      fakeCompiler(`sed -i 's/^ .*small_second[_0-9]*(.*second_out.*;$/& second_out[2] ^= 8u;/' small.c`),
    )
    expect(await runVerify(path, options)).toBe(1)
    expect(printed.join('\n')).toMatch(
      /✗ Conv 'second': 2 of 6144 values differ, in channel 3; first in sample 0 at n 0, y 0, x 1, c 3: [01], should be [01]; before the comparison it is -?\d+ from its threshold/,
    )
    expect(printed.join('\n')).toMatch(/^NOT verified/m)
  })

  test('prints JSON', async () => {
    expect(await runVerify(path, { ...options, json: true, samples: 1 })).toBe(0)
    const result = JSON.parse(printed.join('\n'))
    expect(result).toMatchObject({ ok: true, target: 'c', samples: 1, faults: [], changedLayers: [] })
    expect(result.layers.at(-1)).toMatchObject({ name: 'dense', op: 'Gemm', compared: 5, wrong: 0 })
  })

  test('takes inputs from a file', async () => {
    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 3, 8, 8), }".padEnd(117)
    const head = Buffer.from(`\x93NUMPY\x01\x00v\x00${header}\n`, 'latin1')
    writeFileSync(join(folder, 'images.npy'), Buffer.concat([head, Buffer.alloc(4 * 3 * 3 * 8 * 8)]))
    expect(await runVerify(path, { ...options, input: join(folder, 'images.npy') })).toBe(0)
    expect(printed.join('\n')).toContain('results of 3 samples')
  })

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

  test('weights that were binarized are not compared with the model', async () => {
    writeFileSync(join(folder, 'latent.onnx'), dense(0.1, -0.2718, 3.1416, 0.5772, -1.4142, 1.7321, 0.6931, 2.2361))
    expect(await runVerify(join(folder, 'latent.onnx'), options)).toBe(0)
    expect(printed.join('\n')).toContain('outputs not compared with the ONNX model: the weights of d were changed')
  })

  test('weights that an export only rounded are compared', async () => {
    const rounded = 0.3 * (1 + 2 ** -22)
    writeFileSync(join(folder, 'rounded.onnx'), dense(0.3, -0.3, rounded, 0.3, -0.3, 0.3, 0.3, -rounded))
    expect(await runVerify(join(folder, 'rounded.onnx'), options)).toBe(0)
    expect(printed.join('\n')).toMatch(/d\.out +onnxruntime +\S+ +2 of 2/)
  })

  test('pixels and another layout: the model gets what it expects', async () => {
    const form = { inputType: 'u8', inputLayout: 'nhwc', mean: [0.5], std: [0.25] } as const
    expect(await runVerify(path, { ...options, ...form })).toBe(0)
    expect(printed.join('\n')).toMatch(/dense\.out +onnxruntime +\S+ +2 of 2/)
  })

  test('the sign of an exact 0 is said to be one', async () => {
    const signs = {
      inputs: { x: 'float[1,2]' },
      outputs: { 'd.out': 'float[1,2]' },
      initializers: { w: { dtype: 'f32', shape: [2, 2], values: Float32Array.of(1, -1, 1, 1) } },
      nodes: [
        { op: 'Sign', in: ['x'], out: ['s'] },
        { op: 'MatMul', name: 'd', in: ['s', 'w'], out: ['t'] },
        { op: 'Sign', in: ['t'], out: ['u'] },
        { op: 'MatMul', in: ['u', 'w'], out: ['d.out'] },
      ],
    } as const
    writeFileSync(join(folder, 'signs.onnx'), model(signs))
    expect(await runVerify(join(folder, 'signs.onnx'), options)).toBe(0)
    expect(printed.join('\n')).toContain('2 with a sign of 0, which is 0 in ONNX and +1 in bits')
  })

  test('says what is missing', async () => {
    vi.stubEnv('CC', 'no-such-cc -O2')
    await expect(runVerify(path, options)).rejects.toThrow("there is no C compiler 'no-such-cc'")
    await expect(runVerify(path, { ...options, target: 'vhdl' })).rejects.toThrow("target 'vhdl' cannot be verified")
    await expect(runVerify(path, { ...options, input: 'none.npy' })).rejects.toThrow("cannot read 'none.npy'")
  })
})
