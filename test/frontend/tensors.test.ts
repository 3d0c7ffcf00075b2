import { describe, expect, test } from 'vitest'
import { readModel } from '../../src/frontend/index.ts'
import { decodeModel } from '../../src/frontend/model.ts'
import { type ReadExternal, readTensor } from '../../src/frontend/tensors.ts'
import type { Diagnostic } from '../../src/ir/diagnostic.ts'
import { numbersOf, type Tensor } from '../../src/ir/tensor.ts'
import { model, type RawTensor } from '../onnx.ts'

/** The tensor as it comes back out of a file. */
async function stored(tensor: RawTensor, read?: ReadExternal, warn?: (warning: Diagnostic) => void): Promise<Tensor> {
  const bytes = model({ nodes: [], initializers: { t: tensor } })
  return readTensor((await decodeModel(bytes)).graph.initializers[0]!, read, warn)
}

const bytesOf = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
const bigints = (...values: readonly bigint[]) => bytesOf(BigInt64Array.from(values))

const cases: readonly (readonly [string, RawTensor, string, readonly number[]])[] = [
  ['float raw', { type: 'float', dims: [2], raw: bytesOf(Float32Array.of(1.5, -0)) }, 'f32', [1.5, -0]],
  ['float typed', { type: 'float', dims: [2], floats: [1.5, 0.1] }, 'f32', [1.5, Math.fround(0.1)]],
  ['double raw', { type: 'double', dims: [1], raw: bytesOf(Float64Array.of(0.5)) }, 'f32', [0.5]],
  ['double typed', { type: 'double', dims: [1], doubles: [-0.25] }, 'f32', [-0.25]],
  [
    'float16 raw: one, minus two, the largest, the least normal, the least subnormal',
    { type: 'float16', dims: [5], raw: bytesOf(Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001)) },
    'f32',
    [1, -2, 65504, 2 ** -14, 2 ** -24],
  ],
  ['float16 typed: bits', { type: 'float16', dims: [2], ints: [0x3c00, 0x8000] }, 'f32', [1, -0]],
  ['float16 infinity', { type: 'float16', dims: [2], ints: [0x7c00, 0xfc00] }, 'f32', [Infinity, -Infinity]],
  ['bfloat16 raw', { type: 'bfloat16', dims: [2], raw: bytesOf(Uint16Array.of(0x3f80, 0xc040)) }, 'f32', [1, -3]],
  ['bfloat16 typed', { type: 'bfloat16', dims: [1], ints: [0x4040] }, 'f32', [3]],
  ['int8', { type: 'int8', dims: [2], raw: Uint8Array.of(0xff, 0x7f) }, 'i32', [-1, 127]],
  ['uint8', { type: 'uint8', dims: [2], raw: Uint8Array.of(0xff, 0x7f) }, 'i32', [255, 127]],
  ['int16', { type: 'int16', dims: [1], raw: Uint8Array.of(0xfe, 0xff) }, 'i32', [-2]],
  ['uint16', { type: 'uint16', dims: [1], raw: Uint8Array.of(0xfe, 0xff) }, 'i32', [65534]],
  ['uint8 typed, beyond its type: its low bits', { type: 'uint8', dims: [2], ints: [-1, 258] }, 'i32', [255, 2]],
  ['int8 typed, beyond its type: its low bits', { type: 'int8', dims: [2], ints: [255, -129] }, 'i32', [-1, 127]],
  ['int32 typed', { type: 'int32', dims: [2], ints: [-5, 7] }, 'i32', [-5, 7]],
  ['int64 raw', { type: 'int64', dims: [2], raw: bigints(-5n, 2n ** 40n) }, 'i32', [-5, 2 ** 31 - 1]],
  [
    'int64, the ends of slices',
    { type: 'int64', dims: [2], raw: bigints(2n ** 63n - 1n, -(2n ** 63n)) },
    'i32',
    [2 ** 31 - 1, -(2 ** 31)],
  ],
  ['int64 typed', { type: 'int64', dims: [2], longs: [-5, 2 ** 40] }, 'i32', [-5, 2 ** 31 - 1]],
  ['uint32', { type: 'uint32', dims: [1], raw: bytesOf(Uint32Array.of(2 ** 32 - 1)) }, 'i32', [2 ** 31 - 1]],
  ['uint64', { type: 'uint64', dims: [1], raw: bigints(-1n) }, 'i32', [2 ** 31 - 1]],
  ['bool raw', { type: 'bool', dims: [3], raw: Uint8Array.of(1, 0, 1) }, 'bit', [1, 0, 1]],
  ['bool typed', { type: 'bool', dims: [2], ints: [0, 1] }, 'bit', [0, 1]],
  ['no elements', { type: 'int64', dims: [0] }, 'i32', []],
]

test.each(cases)('%s', async (_, tensor, dtype, values) => {
  const result = await stored(tensor)
  expect(result.dtype).toBe(dtype)
  expect(result.shape).toEqual(tensor.dims)
  expect(numbersOf(result)).toEqual(values)
})

test('raw data at any alignment', async () => {
  for (let length = 1; length <= 4; length++) {
    const bytes = model({
      nodes: [],
      initializers: { ['t'.repeat(length)]: { type: 'float', dims: [1], raw: Uint8Array.of(0, 0, 128, 63) } },
    })
    const shifted = new Uint8Array(bytes.length + length).subarray(length)
    shifted.set(bytes)
    const decoded = await decodeModel(shifted)
    expect(numbersOf(readTensor(decoded.graph.initializers[0]!))).toEqual([1])
  }
})

test('a double that is no f32 is rounded with a warning', async () => {
  const warnings: Diagnostic[] = []
  const warn = (warning: Diagnostic) => void warnings.push(warning)
  expect(numbersOf(await stored({ type: 'double', dims: [1], doubles: [0.1] }, undefined, warn))).toEqual([
    Math.fround(0.1),
  ])
  expect(warnings.map(({ code }) => code)).toEqual(['rounded-to-f32'])
})

describe('wrong tensors', () => {
  test.each<[string, RawTensor, string]>([
    [
      'too few bytes',
      { type: 'float', dims: [2], raw: Uint8Array.of(1, 2, 3, 4) },
      "invalid-tensor: Tensor 't' has 4 bytes of data; float[2] needs 8.",
    ],
    ['too many values', { type: 'float', dims: [2], floats: [1, 2, 3] }, 'has 3 values; float[2] needs 2.'],
    ['no data', { type: 'int64', dims: [2, 2] }, 'has 0 bytes of data; int64[2,2] needs 32.'],
    ['negative size', { type: 'int64', dims: [-1] }, 'has the impossible shape [-1].'],
    ['strings', { type: 'string', dims: [1] }, "unsupported-tensor-type: Tensor 't' has elements of type string;"],
  ])('%s', async (_, tensor, message) => {
    await expect(stored(tensor)).rejects.toThrow(message)
    await expect(readModel(model({ nodes: [], initializers: { t: tensor } }))).rejects.toThrow(message)
  })
})

describe('external data', () => {
  const read: ReadExternal = (location, offset, length) =>
    location === 'weights/a.bin'
      ? Uint8Array.of(9, 0, 0, 128, 63, 9).subarray(offset, offset + (length ?? 0))
      : new Uint8Array()
  const external = (location: string, rest: Record<string, string> = { offset: '1', length: '4' }): RawTensor => ({
    type: 'float',
    dims: [1],
    external: { location, ...rest },
  })

  test('is read through the callback', async () => {
    expect(numbersOf(await stored(external('weights/a.bin'), read))).toEqual([1])
    expect(numbersOf(await stored(external('weights/a.bin', { offset: '1' }), read))).toEqual([1])
  })

  test.each([
    '/etc/passwd',
    '../a.bin',
    'weights/../../a.bin',
    'C:\\a.bin',
    '\\\\host\\a.bin',
    'weights\\..\\a.bin',
    '',
  ])('refuses to leave the folder of the model: %s', async location => {
    await expect(stored(external(location), read)).rejects.toThrow(/^external-data: .*not a file in the folder/)
  })

  test.each<[string, RawTensor, ReadExternal | undefined, string]>([
    ['no reader', external('a.bin'), undefined, "lie in the file 'a.bin', and no reader of such files was given."],
    ['wrong length', external('a.bin', { length: '8' }), read, 'are 8 bytes at offset undefined; its shape needs 4.'],
    [
      'a reader that throws',
      external('a.bin'),
      () => {
        throw new Error("ENOENT: no such file 'a.bin'")
      },
      "external-data: The data of tensor 't' cannot be read: ENOENT: no such file 'a.bin'.",
    ],
    ['short file', external('a.bin'), read, "are 0 bytes in 'a.bin'; its shape needs 4."],
  ])('%s', async (_, tensor, reader, message) => {
    await expect(stored(tensor, reader)).rejects.toThrow(message)
  })
})
