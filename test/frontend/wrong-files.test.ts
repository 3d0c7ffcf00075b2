import { describe, expect, test } from 'vitest'
import { readModel } from '../../src/frontend/index.ts'
import { CompileError } from '../../src/ir/diagnostic.ts'
import { f32 } from '../../src/ir/tensor.ts'
import { count, model } from '../onnx.ts'
import { seeded } from '../random.ts'

/** A little of everything that a file can hold. */
const bytes = model({
  inputs: { x: 'float[N,1,4,4]' },
  outputs: { out: 'float[N,3]' },
  nodes: [
    { op: 'Conv', in: ['x', 'w', 'b'], out: ['c'], attrs: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] } },
    { op: 'Sign', in: ['c'], out: ['s'], name: 'sign' },
    { op: 'MaxPool', in: ['s'], out: ['p'], attrs: { kernel_shape: [2, 2], strides: [2, 2] } },
    { op: 'Flatten', in: ['p'], out: ['f'] },
    { op: 'Gemm', in: ['f', 'g'], out: ['h'], attrs: { transB: 1, alpha: 0.5 } },
    { op: 'Clip', in: ['h', 'low'], out: ['out'] },
  ],
  initializers: { w: count([2, 1, 3, 3]), b: count([2]), g: count([3, 8]), low: f32([], [-1]) },
})

describe('wrong files give a CompileError, never another exception', () => {
  test('the whole file is a model', async () => {
    const { graph } = await readModel(bytes)
    expect(graph.outputs[0]!.node.type.shape).toEqual([1, 3])
  })

  test.each(
    Array.from({ length: 20 }, (_, k) => Math.floor((bytes.length * k) / 20)),
  )('cut after %i bytes', async length => {
    await expect(readModel(bytes.slice(0, length))).rejects.toThrow(CompileError)
  })

  test('cut anywhere', async () => {
    for (let length = 0; length < bytes.length; length++) {
      // Where only trailing fields are lost, the rest may be a model still; it must not crash.
      const error = await readModel(bytes.slice(0, length)).catch((reason: unknown) => reason)
      if (error instanceof Error) expect(error).toBeInstanceOf(CompileError)
      else expect(length).toBeGreaterThan(bytes.length * 0.9)
    }
  })

  test('any byte changed', async () => {
    const next = seeded(1)
    for (let round = 0; round < 2000; round++) {
      const changed = bytes.slice()
      changed[Math.floor(next() * changed.length)] = Math.floor(next() * 256)
      const error = await readModel(changed).catch((reason: unknown) => reason)
      if (error instanceof Error && !(error instanceof CompileError))
        throw new Error(`round ${round}`, { cause: error })
    }
  })

  test.each([
    ['an empty file', new Uint8Array(), 'invalid-model: The file is empty.'],
    ['text', new TextEncoder().encode('<html>not a model</html>'), 'it is text'],
    ['JSON', new TextEncoder().encode('{"a": 1}'), 'it is text'],
    [
      'a zip archive',
      new TextEncoder().encode('PK\x03\x04 and more'),
      'it is a zip archive, such as a PyTorch checkpoint',
    ],
    ['a Keras file', Uint8Array.from([0x89, 0x48, 0x44, 0x46, 1, 2, 3]), 'an HDF5 file'],
    ['random bytes', Uint8Array.from({ length: 500 }, (_, i) => (i * 7919) % 251), 'invalid-model: The file is not'],
  ])('%s', async (_, content, message) => {
    await expect(readModel(content)).rejects.toThrow(CompileError)
    await expect(readModel(content)).rejects.toThrow(message)
  })
})
