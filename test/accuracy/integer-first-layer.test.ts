import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { adaptInputs } from '../../src/frontend/adapt-inputs.ts'
import { readModel } from '../../src/frontend/index.ts'
import { f32, type Tensor } from '../../src/ir/tensor.ts'
import { lower } from '../../src/lower/index.ts'
import { runPasses } from '../../src/passes/pass.ts'
import { pipeline } from '../../src/passes/pipeline.ts'
import { compileC, floatsOf } from '../c-runner.ts'
import { accuracy, cifar10, mnist, type Samples } from '../data-sets.ts'
import { isMissing, readShared } from '../shared.ts'
import { findFlips } from './explain.ts'

interface Case {
  readonly model: string
  readonly data: string
  readonly shape: readonly number[]
  readonly images: number
  readonly read: (images: number) => Samples
  readonly mean: readonly number[]
  readonly std: readonly number[]
  /** Predictions that may differ from onnxruntime's: those of images that are about as likely of two classes. */
  readonly differing: number
}

const cases: readonly Case[] = [
  {
    model: 'lenet5',
    data: 'data/mnist',
    shape: [1, 1, 28, 28],
    images: 10_000,
    read: mnist,
    mean: [0.1307],
    std: [0.3081],
    differing: 2,
  },
  {
    model: 'nin',
    data: 'data/cifar10',
    shape: [1, 3, 32, 32],
    // onnxruntime takes four minutes for all of them.
    images: 2_000,
    read: cifar10,
    mean: [0.4914, 0.4822, 0.4465],
    std: [0.247, 0.2435, 0.2616],
    differing: 4,
  },
]
const CLASSES = 10
/** Far above what rounding weights and sums does to a value before a sign, far below what values are. */
const EPSILON = 1e-4

/** Test images as bytes through generated C with an integer first layer, and as floats through onnxruntime. */
for (const { model, data, shape, images, read, mean, std, differing } of cases)
  describe.skipIf(isMissing(data))(`${model} with an integer first layer on ${images} test images`, () => {
    test('predicts as onnxruntime', { timeout: 300_000 }, async () => {
      const set = read(images)
      const bytes = readShared(`models/${model}.binary.onnx`)
      const { graph } = await readModel(bytes, { name: model })
      const adapted = adaptInputs(graph, { inputType: 'u8', mean, std })
      const { graph: optimised, decisions } = runPasses(adapted, pipeline, { firstLayer: 'integer' })
      const plan = lower(optimised)
      expect(decisions.filter(({ kind }) => kind === 'integer').length).toBe(1)
      const program = compileC([plan], { flags: ['-O3', '-ffp-contract=off'] })
      const logits = floatsOf(plan, program.runBytes(plan, set.pixels!))
      const expected = await runAll(bytes, set, shape)
      const [actual, wanted] = [predictionsOf(logits), predictionsOf(expected)]
      const apart = actual.flatMap((digit, i) => (digit === wanted[i] ? [] : [i]))
      console.log(
        `${model}, integer first layer: C ${100 * accuracy(logits, set)} %, onnxruntime ${100 * accuracy(expected, set)} %, ` +
          `${apart.length} predictions differ (margins of ${apart.map(i => marginOf(expected, i).toFixed(3)).join(', ')})`,
      )
      expect(apart.length).toBeLessThanOrEqual(differing)
      // Of the first few, bits of the first layer whose values are next to 0.
      for (const i of apart.slice(0, 2)) {
        const flips = await findFlips(bytes, optimised, sampleOf(set, shape, i), pixelsOf(set, shape, i))
        console.log(`${model}, image ${i}: ${flips.map(({ sign, value }) => `${sign} of ${value}`).join(', ')}`)
        expect(flips.length).toBeGreaterThan(0)
        for (const { value } of flips) expect(Math.abs(value)).toBeLessThan(EPSILON)
      }
    })
  })

const sampleOf = ({ inputs, labels }: Samples, shape: readonly number[], i: number): Tensor => {
  const size = inputs.length / labels.length
  return f32(shape, new Float32Array(inputs.buffer, inputs.byteOffset + i * size, size / 4))
}

const pixelsOf = ({ pixels, labels }: Samples, shape: readonly number[], i: number): Tensor => {
  const size = pixels!.length / labels.length
  return { dtype: 'u8', shape, values: pixels!.subarray(i * size, (i + 1) * size) }
}

async function runAll(bytes: Uint8Array, set: Samples, shape: readonly number[]): Promise<Float32Array> {
  const { labels } = set
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 4 })
  const results = new Float32Array(labels.length * CLASSES)
  for (let i = 0; i < labels.length; i++) {
    const input = new OrtTensor('float32', sampleOf(set, shape, i).values as Float32Array, [...shape])
    const { logits } = await session.run({ input })
    results.set(logits!.data as Float32Array, i * CLASSES)
  }
  await session.release()
  return results
}

const rowOf = (logits: Float32Array, i: number): Float32Array => logits.subarray(i * CLASSES, (i + 1) * CLASSES)

const predictionsOf = (logits: Float32Array): number[] =>
  Array.from({ length: logits.length / CLASSES }, (_, i) => rowOf(logits, i).indexOf(Math.max(...rowOf(logits, i))))

/** How much larger the largest value is than the second. */
function marginOf(logits: Float32Array, i: number): number {
  const [second, first] = rowOf(logits, i).toSorted().slice(-2)
  return first! - second!
}
