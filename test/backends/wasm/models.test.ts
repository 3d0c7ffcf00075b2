import { describe, expect, test } from 'vitest'
import { interpret } from '../../../src/ir/interpret.ts'
import type { Tensor } from '../../../src/ir/tensor.ts'
import { lower } from '../../../src/lower/index.ts'
import { cifar10, imdb, mnist, type Samples } from '../../data-sets.ts'
import { runOnnxruntime } from '../../onnxruntime.ts'
import { optimise } from '../../plan.ts'
import { isMissing, readShared } from '../../shared.ts'
import { loadPlan } from '../../wasm-runner.ts'

/** Of each data set. */
const COUNT = 300

interface Case {
  readonly model: string
  readonly data: string
  readonly read: (count: number) => Samples
}

const cases: readonly Case[] = [
  { model: 'lenet5', data: 'data/mnist', read: mnist },
  { model: 'nin', data: 'data/cifar10', read: cifar10 },
  { model: 'textcnn', data: 'data/imdb', read: imdb },
]

const largest = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((best, value, i, all) => (value > all[best]! ? i : best), 0)

for (const { model, data, read } of cases)
  describe.skipIf(isMissing(data))(model, () => {
    test(`predicts as onnxruntime on ${COUNT} samples`, { timeout: 240_000 }, async () => {
      const bytes = readShared(`models/${model}.binary.onnx`)
      const graph = await optimise(bytes, model)
      const run = await loadPlan(lower(graph))
      const set = read(COUNT)
      const [{ attrs, type }] = graph.inputs as [(typeof graph.inputs)[number]]
      const size = set.inputs.length / COUNT
      let differing = 0
      for (let k = 0; k < COUNT; k++) {
        const raw = set.inputs.slice(k * size, (k + 1) * size).buffer
        const values = type.dtype === 'i64' ? new BigInt64Array(raw) : new Float32Array(raw)
        const feeds = new Map<string, Tensor>([[attrs.name, { ...type, values }]])
        const actual = run(feeds).get('logits')!.values as Float32Array
        const [expected] = (await runOnnxruntime(bytes, feeds)).values()
        if (largest(actual) !== largest(expected!.values)) differing++
        if (k > 0) continue
        const [interpreted] = interpret(graph, feeds).values()
        actual.forEach((value, i) => {
          expect(value).toBeCloseTo(interpreted!.values[i] as number, 3)
        })
      }
      expect(differing).toBeLessThanOrEqual(1)
    })
  })
