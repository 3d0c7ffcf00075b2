import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { expect } from 'vitest'
import { readModel } from '../src/frontend/index.ts'
import { interpret } from '../src/ir/interpret.ts'
import { numbersOf, type Tensor } from '../src/ir/tensor.ts'
import { verify } from '../src/ir/verify.ts'
import { randomTensor } from './random.ts'

const names = { f32: 'float32', i32: 'int32', bit: 'bool', u8: 'uint8', i8: 'int8', i64: 'int64' } as const

/** What onnxruntime computes: numbers by output name. */
export async function runOnnxruntime(
  bytes: Uint8Array,
  feeds: ReadonlyMap<string, Tensor>,
): Promise<Map<string, { shape: readonly number[]; values: readonly number[] }>> {
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 4 })
  const inputs = [...feeds].map(([name, { dtype, shape, values }]) => [
    name,
    new OrtTensor(names[dtype], values as Float32Array, [...shape]),
  ])
  const outputs = await session.run(Object.fromEntries(inputs))
  const results = Object.entries(outputs).map(
    ([name, { dims, data }]) =>
      [name, { shape: dims, values: Array.from(data as Float32Array | BigInt64Array, Number) }] as const,
  )
  await session.release()
  return new Map(results)
}

/** Imports a model and compares its interpretation with onnxruntime on seeded inputs, within a relative tolerance. */
export async function expectLikeOnnxruntime(bytes: Uint8Array, range?: number, tolerance = 1e-4): Promise<void> {
  const { graph } = await readModel(bytes)
  verify(graph)
  const feeds = new Map(graph.inputs.map((node, k) => [node.attrs.name, randomTensor(node.type, 7 + k, range)]))
  const expected = await runOnnxruntime(bytes, feeds)
  for (const [name, actual] of interpret(graph, feeds)) {
    const { shape, values } = expected.get(name)!
    expect(actual.shape).toEqual(shape)
    numbersOf(actual).forEach((value, i) => {
      const isClose = Math.abs(value - values[i]!) <= tolerance * (1 + Math.abs(values[i]!))
      if (!isClose && !Object.is(value, values[i]))
        expect(`${name}[${i}] = ${value}`).toBe(`${name}[${i}] = ${values[i]}`)
    })
  }
}
