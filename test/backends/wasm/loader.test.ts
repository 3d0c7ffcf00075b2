import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { printWasm } from '../../../src/backends/wasm/index.ts'
import { arg, call } from '../../../src/ir/expr.ts'
import { constant, create, input } from '../../../src/ir/node.ts'
import { f32 } from '../../../src/ir/tensor.ts'
import { lower } from '../../../src/lower/index.ts'
import { smallGraph } from '../../small-graph.ts'
import { importInline, writeModule } from '../../wasm-runner.ts'

const small = lower(smallGraph())
const image = Float32Array.from({ length: 72 }, (_, i) => ((i * 7) % 17) / 8 - 1)

/** A table of three rows that token ids look up. */
function lookup() {
  const tokens = input('tokens', { dtype: 'i64', shape: [2] })
  const table = constant(f32([3, 2], [1, 2, 3, 4, 5, 6]), ['table'])
  const rows = create('gather', [table, tokens], {}, ['embedding'])
  const doubled = create('map', [rows], { expr: call('add', arg(0), arg(0)) }, ['doubled'])
  return lower({ name: 'lookup', inputs: [tokens], outputs: [{ name: 'rows', node: doubled }] })
}

describe('a generated loader', () => {
  it('says what goes in and out', async () => {
    const { loader } = await writeModule(small)
    const model = await loader.load()
    expect(model.inputs).toEqual([{ name: 'image', dtype: 'f32', shape: [1, 6, 6, 2] }])
    expect(model.outputs).toEqual([{ name: 'logits', dtype: 'f32', shape: [1, 1, 1, 3] }])
    expect(loader.lengths).toEqual({ image: 72, logits: 3 })
  })

  it('loads bytes, a compiled module, a Response, a URL and promises of them', async () => {
    const { loader, bytes, folder } = await writeModule(small)
    const expected = (await loader.load()).run({ image })
    const response = () => new Response(bytes.slice(), { headers: { 'content-type': 'application/wasm' } })
    const url = new URL(`file://${join(folder, 'small.wasm')}`)
    for (const source of [
      bytes,
      bytes.slice().buffer,
      await WebAssembly.compile(bytes.slice()),
      response(),
      url,
      url.href,
    ])
      expect((await loader.load(source)).run({ image })).toEqual(expected)
    expect((await loader.load(Promise.resolve(response()))).run({ image })).toEqual(expected)
    await expect(loader.load(new Response('', { status: 404, statusText: 'Not Found' }))).rejects.toThrow('404')
  })

  it('refuses wrong feeds and says what it expects', async () => {
    const { run } = await (await writeModule(small)).loader.load()
    const refused = (feeds: unknown, words: string) => {
      expect(() => run(feeds as never)).toThrow(TypeError)
      expect(() => run(feeds as never)).toThrow(words)
    }
    const wanted = 'expected Float32Array of 72, shape [1,6,6,2], for each sample'
    refused({}, `input 'image' is undefined; ${wanted}`)
    refused({ image: [1, 2] }, `input 'image' is Array; ${wanted}`)
    refused({ image: new Float64Array(72) }, "input 'image' is Float64Array")
    refused({ image: new Float32Array(71) }, "input 'image' has 71 elements")
    refused({ image: new Float32Array(0) }, "input 'image' has 0 elements")
    refused({ image, mask: image }, "there is no input 'mask'; run takes { image: Float32Array }")
    refused(undefined, 'run takes an object, { image: Float32Array }; got undefined')
    refused(image, 'run takes an object, { image: Float32Array }; got Float32Array')
    refused([image], 'run takes an object, { image: Float32Array }; got Array')
    refused({ image: image.with(7, Number.NaN) }, "input 'image' is NaN at 7; load({ allowNaN: true }) lets it pass")
  })

  it('lets NaN pass where it is allowed', async () => {
    const { run } = await (await writeModule(small)).loader.load({ allowNaN: true })
    expect(run({ image: image.with(7, Number.NaN) }).logits).toHaveLength(3)
  })

  it('takes several samples, and arrays to fill', async () => {
    const { run } = await (await writeModule(small)).loader.load({ warm: true })
    const images = [image, image.map(value => -value), image.map(value => value / 2)]
    const each = images.map(one => [...run({ image: one }).logits!])
    const together = Float32Array.from(images.flatMap(one => [...one]))
    expect([...run({ image: together }).logits!]).toEqual(each.flat())
    const logits = new Float32Array(9)
    expect(run({ image: together }, { logits }).logits).toBe(logits)
    expect([...logits]).toEqual(each.flat())
    const refused = (outputs: unknown, words: string) =>
      expect(() => run({ image: together }, outputs as never)).toThrow(new TypeError(words))
    refused({ logits: new Float32Array(3) }, "output 'logits' has 3 elements; expected Float32Array of 9")
    refused({ logits: new Float64Array(9) }, "output 'logits' is Float64Array; expected Float32Array of 9")
    refused({ scores: logits }, "there is no output 'scores'; there is logits")
    refused(logits, 'the outputs of run are Float32Array; expected an object with arrays to fill')
  })

  it('takes arrays of another realm', async () => {
    const { run } = await (await writeModule(small)).loader.load()
    const foreign = runInNewContext('Float32Array.from(values)', { values: [...image] })
    expect(run({ image: foreign })).toEqual(run({ image }))
  })

  it('names what is no module of its own', async () => {
    const { loader, bytes, folder } = await writeModule(small)
    const refuses = (source: unknown, words: string) => expect(loader.load(source)).rejects.toThrow(words)
    const page = '<!doctype html><title>Home</title>'
    await refuses(null, 'load got null; expected { source, warm, allowNaN }')
    await refuses({ url: 'small.wasm' }, "load has no option 'url'; its options are source, warm, allowNaN")
    await refuses(42, 'load got Number; expected a module, its bytes, a Response, a URL or options')
    await refuses(new Response('', { status: 404 }), 'small.wasm: 404')
    await refuses(new Response(page), 'got a page where small.wasm should be: is it deployed?')
    const typed = { headers: { 'content-type': 'application/wasm' } }
    await refuses(new Response(page, typed), 'got a page where small.wasm should be: is it deployed?')
    await refuses(new Response('version https://git-lfs.github.com'), 'what should be small.wasm is something else')
    await refuses(new URL(`file://${join(folder, 'gone.wasm')}`), 'small.wasm is not at file://')
    await refuses('/assets/small.wasm', 'small.wasm cannot be fetched from /assets/small.wasm. Where no address leads')
    const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)
    await refuses(empty, 'what should be small.wasm is something else')
    await refuses(await WebAssembly.compile(empty), 'what should be small.wasm is something else')
    await refuses(bytes.slice(0, 200), 'WebAssembly')
    const other = lower(smallGraph())
    const stale = await writeModule({ ...other, outputs: other.outputs.map(port => ({ ...port, name: 'scores' })) })
    await refuses(stale.bytes, 'small.wasm is of another build (')
    // What is whole is taken although its type is wrong, or although it cannot be compiled while it arrives.
    for (const type of ['application/octet-stream', 'application/wasm; charset=utf-8'])
      expect(await loader.load(new Response(bytes.slice(), { headers: { 'content-type': type } }))).toBeDefined()
  })

  it('takes token ids as BigInt64Array and Int32Array, and refuses ids outside the table', async () => {
    const { run } = await (await writeModule(lookup())).loader.load()
    expect(run({ tokens: BigInt64Array.of(2n, 0n) })).toEqual({ rows: Float32Array.of(10, 12, 2, 4) })
    expect(run({ tokens: Int32Array.of(1, 1) })).toEqual({ rows: Float32Array.of(6, 8, 6, 8) })
    for (const tokens of [Int32Array.of(0, 3), Int32Array.of(-1, 0), BigInt64Array.of(0n, 1n << 40n)]) {
      expect(() => run({ tokens })).toThrow(RangeError)
      expect(() => run({ tokens })).toThrow('index out of range')
    }
    expect(() => run({ tokens: Float32Array.of(0, 1) })).toThrow('BigInt64Array or Int32Array of 2')
    // A refused run leaves the model usable.
    expect(run({ tokens: Int32Array.of(0, 0) })).toEqual({ rows: Float32Array.of(2, 4, 2, 4) })
  })

  it('gives arrays that later runs and other instances do not touch', async () => {
    const { loader } = await writeModule(small)
    const [one, two] = await Promise.all([loader.load(), loader.load()])
    const first = one.run({ image })
    const kept = structuredClone(first)
    const other = two.run({ image: image.map(value => -value) })
    one.run({ image: new Float32Array(72) })
    expect(first).toEqual(kept)
    expect(other).not.toEqual(first)
    expect(two.run({ image })).toEqual(kept)
  })

  it('shares a compiled module with workers', async () => {
    const { loader, bytes, folder } = await writeModule(small)
    const module = await WebAssembly.compile(bytes.slice())
    const text = `
      const { workerData, parentPort } = require('node:worker_threads')
      import(workerData.loader).then(async ({ load }) => {
        const model = await load(workerData.module)
        parentPort.postMessage(model.run({ image: workerData.image }).logits)
      })`
    const workerData = { loader: `file://${join(folder, 'small.js')}`, module, image }
    const answers = await Promise.all(
      [1, 2].map(
        () =>
          new Promise((resolve, reject) => {
            const worker = new Worker(text, { eval: true, workerData })
            worker.once('message', resolve).once('error', reject)
          }),
      ),
    )
    const { logits } = (await loader.load()).run({ image })
    expect(answers).toEqual([logits, logits])
  })

  it('is one file with --inline, and needs neither eval nor a static import', async () => {
    const files = await printWasm(small, { version: 'test', inline: true })
    expect(files.map(({ path }) => path)).toEqual(['small.js', 'small.d.ts'])
    const text = String(files[0]!.content)
    expect(text).not.toMatch(/^import|\beval\b|new Function/m)
    const inline = await (await importInline(files)).load()
    const beside = await (await writeModule(small)).loader.load()
    expect(inline.run({ image })).toEqual(beside.run({ image }))
  })
})

describe('generated WASM', () => {
  it('is what the golden files say; npm run golden writes them', async () => {
    const folder = join(import.meta.dirname, '../golden/small/wasm')
    const files = await printWasm(small, { version: '0.0.0', commandLine: '--target wasm', wat: true })
    for (const { path, content } of files) {
      if (typeof content !== 'string') continue
      if (process.env.UPDATE_GOLDEN === '1' && process.env.CI !== 'true') await writeGolden(folder, path, content)
      expect(content).toBe(readFileSync(join(folder, path), 'utf8'))
    }
  })

  it('is the same whenever it is printed', async () => {
    const print = () => printWasm(lower(smallGraph()), { version: 'test', wat: true })
    expect(await print()).toEqual(await print())
  })

  it('imports nothing, and its text assembles to a module that computes the same', async () => {
    const files = await printWasm(small, { version: 'test', wat: true })
    const content = (path: string) => files.find(file => file.path === path)!.content
    const module = await WebAssembly.compile((content('small.wasm') as Uint8Array).slice())
    expect(WebAssembly.Module.imports(module)).toEqual([])
    expect(WebAssembly.Module.exports(module).map(({ name }) => name)).toEqual(['build', 'memory', 'run'])
    const { default: loadWabt } = await import('wabt')
    const parsed = (await loadWabt()).parseWat('small.wat', content('small.wat') as string)
    const { buffer } = parsed.toBinary({})
    const { loader, bytes } = await writeModule(small)
    const run = async (source: Uint8Array) => (await loader.load(source)).run({ image })
    expect(await run(buffer.slice())).toEqual(await run(bytes))
  })
})

async function writeGolden(folder: string, path: string, content: string): Promise<void> {
  const { mkdir, writeFile } = await import('node:fs/promises')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, path), content)
}
