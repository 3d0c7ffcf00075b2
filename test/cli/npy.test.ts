import { zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { feedsFrom } from '../../src/cli/data/feeds.ts'
import { type NumpyArray, readNumpy } from '../../src/cli/data/npy.ts'
import { readModel } from '../../src/frontend/index.ts'
import type { Graph } from '../../src/ir/graph.ts'
import { count, nodeModel } from '../onnx.ts'

/** A .npy file as numpy writes it. */
function npy(descr: string, shape: readonly number[], values: ArrayBufferView, order = 'False'): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  const dictionary = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${tuple}, }`
  const header = `${dictionary.padEnd(117)}\n`
  const head = Buffer.from(`\x93NUMPY\x01\x00  ${header}`, 'latin1')
  head.writeUInt16LE(header.length, 8)
  return new Uint8Array(Buffer.concat([head, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]))
}

describe('numpy files', () => {
  test('one array', () => {
    const array = readNumpy('x.npy', npy('<f4', [2, 1], Float32Array.of(1.5, -2))).get('')!
    expect(array).toEqual({ shape: [2, 1], values: Float32Array.of(1.5, -2) })
    const asRead = Buffer.from(npy('<f4', [2, 1], Float32Array.of(1.5, -2)))
    expect(readNumpy('x.npy', asRead).get('')).toEqual(array)
    expect(readNumpy('x.npy', npy('|u1', [3], Uint8Array.of(1, 2, 255))).get('')!.values).toEqual(
      Uint8Array.of(1, 2, 255),
    )
    expect(readNumpy('x.npy', npy('<i8', [1], BigInt64Array.of(-5n))).get('')!.values).toEqual(BigInt64Array.of(-5n))
  })
  test('several arrays in a zip file, compressed or not', () => {
    const parts = { 'a.npy': npy('<i4', [1], Int32Array.of(-7)), 'b.npy': npy('<f8', [1], Float64Array.of(0.25)) }
    for (const level of [0, 6] as const) {
      const arrays = readNumpy('x.npz', zipSync(parts, { level }))
      expect([...arrays.keys()].map(name => [name, ...Array.from(arrays.get(name)!.values)])).toEqual([
        ['a', -7],
        ['b', 0.25],
      ])
    }
  })
  test.each([
    ['no array', new Uint8Array(20), 'is no .npy or .npz file'],
    ['an empty file', new Uint8Array(0), 'is no .npy or .npz file'],
    ['big-endian', npy('>f4', [1], Float32Array.of(1)), 'holds values of type >f4'],
    ['strings', npy('<U3', [1], Uint32Array.of(1, 2, 3)), 'holds values of type <U3'],
    ['Fortran order', npy('<f4', [1], Float32Array.of(1), 'True'), 'is in Fortran order'],
    ['too short', npy('<f4', [2], Float32Array.of(1)), 'is cut off'],
    ['a damaged zip file', Uint8Array.of(0x50, 0x4b, 3, 4, 9), 'is a damaged zip file'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => readNumpy('x', bytes)).toThrow(message)
  })
})

test.each(['valueOf', 'constructor', 'toString', '__proto__'])('values of type %s', key => {
  expect(() => readNumpy('x', npy(`<${key}`, [1], Float32Array.of(1)))).toThrow(`holds values of type <${key}`)
})

describe('zip files', () => {
  const zeros = zipSync({
    'x.npy': npy('<f4', [2 ** 28], new Uint8Array(2 ** 30)),
    'y.npy': npy('|u1', [1], Uint8Array.of(7)),
  })

  test('an array of a gigabyte in a few megabytes is refused, and only when it is asked for', () => {
    expect(zeros.length).toBeLessThan(2 ** 22)
    const arrays = readNumpy('bomb.npz', zeros)
    expect([...arrays.keys()]).toEqual(['x', 'y'])
    expect(Array.from(arrays.get('y')!.values)).toEqual([7])
    expect(() => arrays.get('x')).toThrow("'bomb.npz: x.npy' has 1073741952 bytes; supported: up to 536870912")
  })

  test('an array that is longer than the archive says', () => {
    const lying = zeros.slice()
    const view = new DataView(lying.buffer)
    // The size of the first file, in the central directory.
    const end = view.getUint32(lying.length - 6, true)
    view.setUint32(end + 24, 200, true)
    expect(() => readNumpy('bomb.npz', lying).get('x')).toThrow(/damaged|cut off/)
  })

  test('names of arrays that objects have', () => {
    const arrays = readNumpy('x.npz', zipSync({ 'constructor.npy': npy('|u1', [1], Uint8Array.of(7)) }))
    expect(Array.from(arrays.get('constructor')!.values)).toEqual([7])
    expect(arrays.get('toString')).toBeUndefined()
  })
})

describe('samples for the inputs of a model', () => {
  const graph = async (inputs: Record<string, string>) => (await readModel(nodeModel('Add', inputs))).graph
  const array = (shape: readonly number[]) => ({
    shape,
    values: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
  })

  test('one array of any name for one input; its first axis counts samples', async () => {
    const { graph: one } = await readModel(nodeModel('Relu', { x: 'float[1,2]' }))
    for (const shape of [
      [3, 2],
      [3, 1, 2],
    ]) {
      const feeds = feedsFrom('f', new Map([['', array(shape)]]), one)
      expect(feeds.map(feed => [...feed.get('x')!.values])).toEqual([
        [0, 1],
        [2, 3],
        [4, 5],
      ])
    }
    expect(feedsFrom('f', new Map([['', array([2])]]), one)).toHaveLength(1)
  })
  test('several inputs by name, the same number of samples', async () => {
    const two = await graph({ x: 'float[1,2]', y: 'float[1,2]' })
    expect(
      feedsFrom(
        'f',
        new Map([
          ['y', array([2, 2])],
          ['x', array([2, 2])],
        ]),
        two,
      ),
    ).toHaveLength(2)
    expect(() => feedsFrom('f', new Map([['x', array([2, 2])]]), two)).toThrow("'f' has no array 'y'; it has 'x'")
    const uneven = new Map([
      ['y', array([2, 2])],
      ['x', array([1, 2])],
    ])
    expect(() => feedsFrom('f', uneven, two)).toThrow("'f' has 1, 2 samples per input")
  })
  test('a shape that does not fit', async () => {
    const two = await graph({ x: 'float[1,2]', y: 'float[1,2]' })
    expect(() => feedsFrom('f', new Map([['x', array([3])]]), two)).toThrow("'f' has 'x' as [3]; expected f32[1,2]")
  })

  test('values that the type of the input does not hold', async () => {
    const integers = async (type: string) =>
      (
        await readModel(
          nodeModel(
            'Gather',
            { i: `${type}[1]` },
            {},
            {
              in: ['t', 'i'],
              initializers: { t: count([4, 2]) },
            },
          ),
        )
      ).graph
    const given = (value: number) => new Map([['', { shape: [1], values: [value] }]])
    for (const type of ['int64', 'int32']) {
      await expect(feedsFromOf(integers(type), given(0.5))).rejects.toThrow("has the value 0.5 in 'i'")
      await expect(feedsFromOf(integers(type), given(Number.NaN))).rejects.toThrow("has the value NaN in 'i'")
    }
    await expect(feedsFromOf(integers('int32'), given(2 ** 31))).rejects.toThrow('which is no i32')
  })
})

const feedsFromOf = async (graph: Promise<Graph>, arrays: ReadonlyMap<string, NumpyArray>) =>
  feedsFrom('f', arrays, await graph)
