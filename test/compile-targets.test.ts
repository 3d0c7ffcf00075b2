import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { compileTargets, type TargetsOptions } from '../src/index.ts'
import { f32, numbersOf } from '../src/ir/tensor.ts'
import { typeCheck } from './backends/type-check.ts'
import { hasDriver, openDevice } from './gpu.ts'
import { model } from './onnx.ts'
import { randomTensor } from './random.ts'

/** A picture to three classes. */
const bytes = model({
  inputs: { x: 'float[1,3,4,4]' },
  outputs: { y: 'float' },
  nodes: [{ op: 'Conv', in: ['x', 'w'], out: ['y'], name: 'first', attrs: {} }],
  initializers: {
    w: f32(
      [3, 3, 4, 4],
      numbersOf(randomTensor({ dtype: 'f32', shape: [3, 3, 4, 4] }, 1)).map(value => Math.round(8 * value) / 8),
    ),
  },
})

const compiled = (options: Partial<TargetsOptions>) =>
  compileTargets(bytes, { targets: ['wasm', 'wgsl'], name: 'net', ...options })

const folder = mkdtempSync(join(tmpdir(), 'xnorc-targets-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Writes the files and imports NAME.js from among them. */
async function imported(options: Partial<TargetsOptions>) {
  const { files } = await compiled(options)
  const place = mkdtempSync(join(folder, 'x'))
  for (const { path, content } of files) writeFileSync(join(place, path), content)
  writeFileSync(join(place, 'package.json'), '{ "type": "module" }')
  return import(pathToFileURL(join(place, 'net.js')).href)
}

describe('several targets in one folder', () => {
  test.each<[Partial<TargetsOptions>, string]>([
    [{}, 'net.wasm net.wasm.js net.wasm.d.ts net.wgsl net.bin net.wgsl.js net.wgsl.d.ts net.js net.d.ts'],
    [{ targets: ['c', 'wasm'] }, 'net.h net.c net.wasm net.js net.d.ts'],
    [{ targets: ['wgsl', 'c'], constants: 'file' }, 'net.wgsl net.wgsl.bin net.js net.d.ts net.h net.c net.bin'],
    [{ inline: true }, 'net.wasm.js net.wasm.d.ts net.wgsl.js net.wgsl.d.ts net.js net.d.ts'],
  ])('%j', async (options, expected) => {
    const { files, summaries } = await compiled(options)
    expect(files.map(({ path }) => path).toSorted()).toEqual(expected.split(' ').toSorted())
    expect(summaries.flatMap(summary => summary.files).toSorted()).toEqual(expected.split(' ').toSorted())
  })

  test('at least one, and none twice', async () => {
    await expect(compiled({ targets: [] })).rejects.toThrow(TypeError)
    await expect(compiled({ targets: ['c', 'c'] })).rejects.toThrow('targets are [c,c]; expected')
  })

  test.each([false, true])('lines of at most 120 columns, inline: %s', async inline => {
    const labels = ['one', 'a class with quite a long name, as ImageNet has them, ', 'three']
    const { files } = await compiled({ inline, labels, inputType: 'u8' })
    for (const { path, content } of files)
      if (/\.(js|ts)$/.test(path))
        for (const line of String(content).split('\n')) expect(line).toHaveLength(Math.min(line.length, 120))
  })

  const x = Float32Array.from({ length: 48 }, (_, i) => (i % 7) - 3)

  test('WASM, where that is wanted or there is no GPU', async () => {
    const { load } = await imported({})
    const one = await load()
    const two = await load({ prefer: 'webgpu', warm: true })
    expect([one.engine, two.engine]).toEqual(['wasm', 'wasm'])
    expect(await one.run({ x })).toEqual(await two.run({ x }))
    await expect(load({ prefer: 'gpu' })).rejects.toThrow("expected 'webgpu' or 'wasm'")
    await expect(load(null)).rejects.toThrow('load got null; expected { prefer, device')
    one.destroy()
  })

  test.runIf(hasDriver('swiftshader'))('a GPU gives the same', async () => {
    const { load } = await imported({})
    const device = await openDevice('swiftshader')
    const gpu = await load({ prefer: 'webgpu', device })
    expect(gpu.engine).toBe('webgpu')
    expect(await gpu.run({ x })).toEqual(await (await load()).run({ x }))
    gpu.destroy()
    device.destroy()
  })

  test('has types', async () => {
    const { files } = await compiled({ labels: ['cat', "dog's", 'owl'], inputType: 'u8', inputLayout: 'rgba' })
    const program = `
import { argmax, labels, load, softmax } from './net.js'
const net = await load({ prefer: 'webgpu', maxBatch: 4 })
const { y } = await net.run({ x: new ImageData(4, 4) })
await net.run({ x: new Uint8ClampedArray(64) }, { y })
const name: 'cat' | "dog's" | 'owl' | undefined = labels[argmax(y)]
const first: 'cat' = labels[0]
const engine: 'webgpu' | 'wasm' = net.engine
console.log(name, first, engine, softmax(y).length)
// @ts-expect-error floats are not what it takes
net.run({ x: new Float32Array(64) })
`
    expect(typeCheck(files, program)).toBe('')
    for (const { path, content } of files)
      if (path.endsWith('.js')) expect(content).toMatch(/^\/\/ .*--input-type u8 --input-layout rgba/m)
  })
})

describe('pictures and classes', () => {
  const picture = { width: 4, height: 4, data: Uint8ClampedArray.from({ length: 64 }, (_, i) => (37 * i) % 256) }
  const colours = (place: (pixel: number, channel: number) => number) => {
    const values = new Uint8Array(48)
    for (let i = 0; i < 48; i++)
      values[place(Math.floor(i / 3), i % 3)] = picture.data[4 * Math.floor(i / 3) + (i % 3)]!
    return values
  }

  test('an ImageData is laid out as the network takes it', async () => {
    const results = []
    for (const [inputLayout, plain] of [
      ['nchw', colours((pixel, channel) => 16 * channel + pixel)],
      ['nhwc', colours((pixel, channel) => 3 * pixel + channel)],
      ['rgba', picture.data],
    ] as const) {
      const net = await (await imported({ targets: ['wasm'], inputType: 'u8', inputLayout })).load()
      results.push(net.run({ x: picture }), net.run({ x: plain }))
      expect(() => net.run({ x: { ...picture, width: 8 } })).toThrow(
        "input 'x' is a picture of 8 x 4; draw it into a canvas of 4 x 4 first",
      )
    }
    for (const result of results) expect(result).toEqual(results[0])
  })

  test('labels are those of the file, for as many classes', async () => {
    const { labels, argmax, softmax } = await imported({ targets: ['wasm'], labels: ['a', 'b</script>', "c'\u2028"] })
    expect(labels).toEqual(['a', 'b</script>', "c'\u2028"])
    expect([argmax([1, 3, 3]), argmax(BigInt64Array.of(-2n, -1n))]).toEqual([1, 1])
    expect([...softmax([1000, 1000, -1000])]).toEqual([0.5, 0.5, 0])
    for (const wrong of [undefined, [], { y: [1] }]) expect(() => argmax(wrong)).toThrow(TypeError)
    await expect(compiled({ labels: ['a', 'b'] })).rejects.toThrow("--labels: 2 names, but 'y' has [1, 3, 1, 1]")
  })
})
