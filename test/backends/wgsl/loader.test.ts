import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { wgsl } from '../../../src/backends/wgsl/index.ts'
import { packBits } from '../../../src/ir/bits.ts'
import { arg, call } from '../../../src/ir/expr.ts'
import { interpret } from '../../../src/ir/interpret.ts'
import { constant, create, input } from '../../../src/ir/node.ts'
import { f32, type Tensor } from '../../../src/ir/tensor.ts'
import { lower } from '../../../src/lower/index.ts'
import { type Device, hasDriver, openDevice } from '../../gpu.ts'
import { smallGraph } from '../../small-graph.ts'
import { importFiles, importLoader, type Loader } from '../../wgsl-runner.ts'

const graph = smallGraph()
const small = lower(graph, wgsl.lowering)
const image = (samples: number) => Float32Array.from({ length: 72 * samples }, (_, i) => ((i * 7) % 17) / 8 - 1)

/** What the interpreter says to these samples. */
const logitsOf = (images: Float32Array): number[] =>
  Array.from({ length: images.length / 72 }, (_, k) => {
    const feed = new Map([['image', f32([1, 6, 6, 2], images.slice(72 * k, 72 * (k + 1)))]])
    return [...(interpret(graph, feed).get('logits')!.values as Float32Array)]
  }).flat()

/** A table of three rows that token ids look up. */
function lookup() {
  const tokens = input('tokens', { dtype: 'i64', shape: [2] })
  const table = constant(f32([3, 2], [1, 2, 3, 4, 5, 6]), ['table'])
  const rows = create('gather', [table, tokens], {}, ['embedding'])
  const doubled = create('map', [rows], { expr: call('add', arg(0), arg(0)) }, ['doubled'])
  return lower({ name: 'lookup', inputs: [tokens], outputs: [{ name: 'rows', node: doubled }] }, wgsl.lowering)
}

/** u8 pixels, which only move on the GPU before they become floats. */
function pixels() {
  const x = input('pixels', { dtype: 'u8', shape: [1, 2, 2, 3] })
  const moved = create('transpose', [x], { perm: [0, 3, 1, 2] }, ['moved'])
  const scaled = create('map', [moved], { expr: call('float', arg(0)) }, ['scaled'])
  return lower({ name: 'pixels', inputs: [x], outputs: [{ name: 'planes', node: scaled }] }, wgsl.lowering)
}

describe.runIf(hasDriver('swiftshader'))('a generated loader on SwiftShader', () => {
  let device: Device
  let loader: Loader
  beforeAll(async () => {
    device = await openDevice('swiftshader')
    loader = await importLoader(small)
  })

  it('takes 1 to maxBatch samples, in runs that overlap', async () => {
    const model = await loader.load({ device, maxBatch: 5 })
    const counts = [1, 5, 2, 3]
    const results = await Promise.all(counts.map(count => model.run({ image: image(count) })))
    counts.forEach((count, k) => {
      expect([...(results[k]!.logits as Float32Array)]).toEqual(logitsOf(image(count)))
    })
    model.destroy()
    await expect(model.run({ image: image(1) })).rejects.toThrow('small was destroyed')
  })

  it('splits a batch that would break a limit of the device', async () => {
    const limits = { ...limitsOf(device), maxStorageBufferBindingSize: 2 * 6 * 6 * 4 * 4 }
    const narrow = new Proxy(device, {
      get: (target, key) => (key === 'limits' ? limits : bound(target, key)),
    })
    const model = await loader.load({ device: narrow, maxBatch: 7 })
    const { logits } = await model.run({ image: image(7) })
    expect([...(logits as Float32Array)]).toEqual(logitsOf(image(7)))
    model.destroy()
  })

  it('names the buffer that a device has no room for', async () => {
    const limits = { ...limitsOf(device), maxStorageBufferBindingSize: 100 }
    const tiny = new Proxy(device, { get: (target, key) => (key === 'limits' ? limits : bound(target, key)) })
    await expect(loader.load({ device: tiny })).rejects.toThrow("buffer 'image' of small needs 288 bytes, this device")
  })

  it('refuses wrong feeds and says what it expects', async () => {
    const model = await loader.load({ device, maxBatch: 2 })
    const refused = async (feeds: unknown, words: string) => {
      const error = await model.run(feeds as never).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(TypeError)
      expect(String(error)).toContain(words)
    }
    const wanted = 'expected Float32Array of 72, shape [1,6,6,2], for each sample'
    await refused(undefined, 'run takes an object, { image: Float32Array }; got undefined')
    await refused({}, `input 'image' is undefined; ${wanted}`)
    await refused({ image: [1, 2] }, `input 'image' is Array; ${wanted}`)
    await refused({ image: new Float64Array(72) }, `input 'image' is Float64Array; ${wanted}`)
    await refused({ image: new Float32Array(73) }, `input 'image' has 73 elements; ${wanted}`)
    await refused({ image: image(3) }, "input 'image' has 3 samples where load({ maxBatch: 2 }) allows no more")
    await refused({ image: image(1), mask: image(1) }, "there is no input 'mask'; run takes { image: Float32Array }")
    await refused({ image: image(2).with(100, Number.NaN) }, "input 'image' is NaN at 100")
    model.destroy()
  })

  it('refuses weights of another model and an impossible batch', async () => {
    const refuses = (options: object, words: string) => expect(loader.load(options as never)).rejects.toThrow(words)
    await refuses({ device, weights: new Uint8Array(4) }, 'what should be small.bin is something else')
    await refuses({ device, weights: new TextEncoder().encode('<!doctype html>') }, 'got a page where small.bin should')
    await refuses({ device, wgsl: '<!doctype html>' }, 'got a page where small.wgsl should be: is it deployed?')
    const files = await wgsl.print(pixels(), { version: 'test' })
    const content = (ending: string) => files.find(({ path }) => path.endsWith(ending))!.content
    await refuses({ device, weights: content('.bin') }, 'small.bin is of another build (')
    await refuses({ device, wgsl: content('.wgsl') }, 'small.wgsl is of another build (')
    const own = (await wgsl.print(small, { version: 'test' })).find(({ path }) => path === 'small.bin')!
    await refuses({ device, weights: own.content.slice(0, 64) }, 'small.bin has 64 bytes, expected ')
    await refuses({ devise: device }, "load has no option 'devise'; its options are device, maxBatch")
    await refuses(null as never, 'load got null; expected { device, maxBatch')
    await expect(loader.load({ device, maxBatch: 0 })).rejects.toThrow(RangeError)
  })

  it('is one file with --inline, and fills arrays of the caller', async () => {
    const files = await wgsl.print(small, { version: 'test', inline: true })
    expect(files.map(({ path }) => path)).toEqual(['small.js', 'small.d.ts'])
    const model = await (await importFiles('small', files)).load({ device, maxBatch: 2, warm: true })
    const logits = new Float32Array(6)
    expect((await model.run({ image: image(2) }, { logits })).logits).toBe(logits)
    expect([...logits]).toEqual(logitsOf(image(2)))
    model.destroy()
  })

  it('gives bytes with a sign', async () => {
    const x = input('x', { dtype: 'i8', shape: [1, 4] })
    const moved = create('reshape', [x], { shape: [4] }, ['moved'])
    const plan = lower({ name: 'signed', inputs: [x], outputs: [{ name: 'y', node: moved }] }, wgsl.lowering)
    const model = await (await importLoader(plan)).load({ device })
    expect(await model.run({ x: Int8Array.of(-1, 2, -128, 127) })).toEqual({ y: Int8Array.of(-1, 2, -128, 127) })
    model.destroy()
  })

  it('says so where there is no WebGPU', async () => {
    await expect(loader.load()).rejects.toThrow('no WebGPU here')
  })

  it('stops at an index outside its table, and goes on afterwards', async () => {
    const model = await (await importLoader(lookup())).load({ device, maxBatch: 3 })
    const wrong = model.run({ tokens: BigInt64Array.from([0n, 1n, 2n, 3n]) })
    await expect(wrong).rejects.toThrow(RangeError)
    await expect(wrong).rejects.toThrow(
      "embedding: index 3 of 'tokens' at 1 of sample 1 is outside the table of 3 rows",
    )
    await expect(model.run({ tokens: BigInt64Array.from([-1n, 0n]) })).rejects.toThrow('index -1 of')
    await expect(model.run({ tokens: BigInt64Array.from([1n << 32n, 0n]) })).rejects.toThrow('index 4294967296 of')
    const rows = { rows: Float32Array.from([10, 12, 2, 4]) }
    expect(await model.run({ tokens: BigInt64Array.from([2n, 0n]) })).toEqual(rows)
    expect(await model.run({ tokens: Int32Array.from([2, 0]) })).toEqual(rows)
    model.destroy()
  })

  it('takes pixels as bytes', async () => {
    const model = await (await importLoader(pixels())).load({ device, maxBatch: 2 })
    const bytes = Uint8Array.from({ length: 24 }, (_, i) => 255 - i)
    const { planes } = await model.run({ pixels: bytes })
    const expected = [0, 12].flatMap(from => [0, 1, 2].flatMap(c => [0, 3, 6, 9].map(at => bytes[from + at + c]!)))
    expect([...(planes as Float32Array)]).toEqual(expected)
    model.destroy()
  })

  it('says that the device was lost', async () => {
    const own = await openDevice('swiftshader')
    const model = await loader.load({ device: own })
    const run = model.run({ image: image(1) })
    own.destroy()
    await expect(run).rejects.toThrow('the GPU device was lost (destroyed)')
    await expect(model.run({ image: image(1) })).rejects.toThrow('the GPU device was lost (destroyed)')
  })

  it('traces what every layer computes', async () => {
    const model = await (await importLoader(small, true)).load({ device })
    const layers: Tensor[] = []
    const feeds = new Map([['image', f32([1, 6, 6, 2], image(1))]])
    interpret(graph, feeds, (node, value) => {
      if (node.op !== 'input' && node.op !== 'constant') layers.push(value)
    })
    const pieces = await model.trace({ image: image(1) })
    expect(pieces.map(({ values }) => values)).toEqual(
      layers.map(tensor => (tensor.dtype === 'bit' ? packBits(tensor) : tensor.values)),
    )
    model.destroy()
  })

  it('times every kernel', async () => {
    const model = await loader.load({ device })
    const times = await model.time({ image: image(1) })
    expect(times.map(({ nodes }) => nodes)).toEqual(
      small.steps.map(step => 'call' in step && step.call.origin.join(', ')),
    )
    model.destroy()
  })
})

const limitsOf = (device: Device): Record<string, number> =>
  Object.fromEntries(['maxStorageBufferBindingSize', 'maxBufferSize'].map(name => [name, device.limits[name]!]))

const bound = (target: Device, key: string | symbol): unknown => {
  const value: unknown = Reflect.get(target, key)
  return typeof value === 'function' ? value.bind(target) : value
}

describe('generated WGSL', () => {
  it('is what the golden files say; npm run golden writes them', async () => {
    const folder = join(import.meta.dirname, '../golden/small/wgsl')
    const files = await wgsl.print(small, { version: '0.0.0', commandLine: '--target wgsl' })
    for (const { path, content } of files) {
      if (typeof content !== 'string') continue
      if (process.env.UPDATE_GOLDEN === '1' && process.env.CI !== 'true') {
        mkdirSync(folder, { recursive: true })
        writeFileSync(join(folder, path), content)
      }
      expect(content).toBe(readFileSync(join(folder, path), 'utf8'))
    }
  })

  it('is the same whenever it is printed', async () => {
    const print = () => wgsl.print(lower(smallGraph(), wgsl.lowering), { version: 'test' })
    expect(await print()).toEqual(await print())
  })

  it('needs no import and no eval', async () => {
    const files = await wgsl.print(small, { version: 'test' })
    const text = String(files.find(({ path }) => path === 'small.js')!.content)
    expect(text).not.toMatch(/^import|\beval\b|new Function/m)
  })
})
