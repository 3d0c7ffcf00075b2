import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { int8Twin } from '../src/bench/int8-twin.ts'
import { withoutTinyWeights } from '../src/bench/tiny-weights.ts'
import { benchWasm } from '../src/bench/wasm.ts'
import { readModel } from '../src/frontend/index.ts'
import { makeFeeds } from '../src/run/inputs.ts'
import { openSession } from '../src/run/onnxruntime.ts'

const readExample = (name: string) => readFileSync(join(import.meta.dirname, `../examples/${name}.binary.onnx`))

describe('bench of WASM', () => {
  it('measures both sides and every layer', async () => {
    const result = await benchWasm(readExample('lenet5-mnist/lenet5'), { name: 'lenet5', milliseconds: 200 })
    expect(result.xnorc).toBeGreaterThan(0)
    // How much faster is no matter for a test: on a busy machine 200 ms may pass before the code is optimised.
    expect(result.ratio).toBeGreaterThan(0)
    expect(result.int8Ratio).toBeGreaterThan(0)
    expect(result.layers.length).toBeGreaterThan(5)
    for (const { microseconds } of result.layers) expect(microseconds).toBeGreaterThan(0)
  })
})

describe('the int8 network that a bench compares with', () => {
  it.each([
    'lenet5-mnist/lenet5',
    'nin-cifar10/nin',
    'textcnn-imdb/textcnn',
  ])('has the outputs of %s in onnxruntime', async name => {
    const { graph } = await readModel(readExample(name), {})
    const twin = await int8Twin(graph)
    if (typeof twin === 'string') throw new Error(twin)
    const opened = await openSession(twin)
    if (typeof opened === 'string') throw new Error(opened)
    const [result] = Object.values(await opened.session.run(opened.toFeeds(makeFeeds(graph, 1))))
    expect(result!.dims).toEqual(graph.outputs[0]!.node.type.shape)
    expect(new Set(Array.from(result!.data)).size).toBeGreaterThan(1)
  })
})

describe('the float network that a bench compares with', () => {
  const run = async (model: Uint8Array, feeds: ReturnType<typeof makeFeeds>) => {
    const opened = await openSession(model)
    if (typeof opened === 'string') throw new Error(opened)
    const [result] = Object.values(await opened.session.run(opened.toFeeds(feeds)))
    return Array.from(result!.data, Number)
  }

  it('has no subnormal weights, and the same results in onnxruntime', async () => {
    const model = readExample('lenet5-mnist/lenet5')
    const before = Uint8Array.from(model)
    const peer = await withoutTinyWeights(model)
    expect(peer.zeroed).toBeGreaterThan(100_000)
    expect(Buffer.compare(model, before)).toBe(0)
    expect((await withoutTinyWeights(peer.model)).zeroed).toBe(0)
    const feeds = makeFeeds((await readModel(model, {})).graph, 1)
    expect(await run(peer.model, feeds)).toEqual(await run(model, feeds))
  })

  it('is the file itself where no weight is that small', async () => {
    const model = readExample('textcnn-imdb/textcnn')
    expect((await withoutTinyWeights(model)).model).toBe(model)
  })
})
