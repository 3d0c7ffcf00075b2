import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { readModel } from '../../src/frontend/index.ts'
import { interpret } from '../../src/ir/interpret.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { verify } from '../../src/ir/verify.ts'
import { randomTensor } from '../random.ts'
import { isMissing, readShared } from '../shared.ts'

/** Pixels for gtsrb are 0..255; token ids below the size of the vocabulary. */
const cases = [
  { file: 'lenet5.binary.onnx', range: 2 },
  { file: 'nin.binary.onnx', range: 2 },
  { file: 'textcnn.binary.onnx', range: 20000 },
  { file: 'gtsrb_30.onnx', range: 255 },
]

describe.each(cases)('$file', ({ file, range }) => {
  test.skipIf(isMissing(`models/${file}`))('interpreted as onnxruntime runs it', { timeout: 60_000 }, async () => {
    const bytes = readShared(`models/${file}`)
    const { graph, warnings } = await readModel(bytes)
    verify(graph)
    expect(warnings).toEqual([])
    const feeds = new Map(graph.inputs.map((node, k) => [node.attrs.name, randomTensor(node.type, 7 + k, range)]))
    const expected = await runOnnxruntime(bytes, feeds)
    for (const [name, value] of interpret(graph, feeds)) expectClose(value, expected.get(name)!)
  })
})

test.skipIf(isMissing('models/qonnx_tfc_1w1a.onnx'))('qonnx_tfc_1w1a.onnx', async () => {
  const { graph } = await readModel(readShared('models/qonnx_tfc_1w1a.onnx'))
  verify(graph)
  expect(graph.outputs.map(({ node }) => node.type)).toEqual([{ dtype: 'f32', shape: [1, 10] }])
})

async function runOnnxruntime(
  bytes: Uint8Array,
  feeds: ReadonlyMap<string, Tensor>,
): Promise<Map<string, Float32Array>> {
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 })
  const inputs = [...feeds].map(([name, { dtype, shape, values }]) => [
    name,
    new OrtTensor(dtype === 'i64' ? 'int64' : 'float32', values as Float32Array, [...shape]),
  ])
  const outputs = await session.run(Object.fromEntries(inputs))
  return new Map(Object.entries(outputs).map(([name, tensor]) => [name, tensor.data as Float32Array]))
}

function expectClose(actual: Tensor, expected: Float32Array): void {
  expect(actual.values.length).toBe(expected.length)
  const worst = Math.max(
    ...Array.from(expected, (value, i) => Math.abs(Number(actual.values[i]) - value) / (1 + Math.abs(value))),
  )
  expect(worst).toBeLessThan(1e-4)
}
