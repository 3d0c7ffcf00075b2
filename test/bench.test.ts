import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { int8Twin } from '../src/bench/int8-twin.ts'
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
