import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { compileC } from '../c-runner.ts'
import { type DataSet, readCifar10, readMnist } from '../data-sets.ts'
import { planOf } from '../plan.ts'
import { isMissing, readShared } from '../shared.ts'

interface Case {
  readonly model: string
  readonly data: string
  readonly shape: readonly number[]
  readonly read: () => DataSet
  /** Of onnxruntime, in per cent of 10,000. */
  readonly accuracy: number
}

const cases: readonly Case[] = [
  { model: 'lenet5', data: 'data/mnist', shape: [1, 1, 28, 28], read: readMnist, accuracy: 99.38 },
  { model: 'nin', data: 'data/cifar10', shape: [1, 3, 32, 32], read: readCifar10, accuracy: 69.87 },
]
const CLASSES = 10

/**
 * Every test image through generated C and through onnxruntime. Float sums round differently in the two, so a bit
 * whose value lies within that rounding of its threshold may differ, and with it, rarely, a prediction.
 */
for (const { model, data, shape, read, accuracy } of cases)
  describe.skipIf(isMissing(data))(`${model} on 10,000 test images`, () => {
    test('predicts as onnxruntime', { timeout: 300_000 }, async () => {
      const set = read()
      const binary = readShared(`models/${model}.binary.onnx`)
      const plans = [await planOf(binary, 'binary'), await planOf(readShared(`models/${model}.latent.onnx`), 'latent')]
      const program = compileC(plans, { flags: ['-O3', '-ffp-contract=off'] })
      const [logits, latent] = plans.map(plan => readLogits(program.runBytes(plan, bytesOf(set.inputs)).outputs))
      const expected = await runAll(binary, set, shape)
      const actual = predictionsOf(logits!)
      const differing = actual.flatMap((digit, i) => (digit === predictionsOf(expected)[i] ? [] : [i]))
      console.log(
        `${model}: C ${percent(actual, set.labels)} %, onnxruntime ${percent(predictionsOf(expected), set.labels)} %, ` +
          `${differing.length} predictions differ, ${largeDifferences(logits!, expected)} logits differ by over 1e-3`,
      )
      expect(differing.length).toBeLessThanOrEqual(2)
      expect(percent(predictionsOf(expected), set.labels)).toBeCloseTo(accuracy, 2)
      expect(percent(actual, set.labels)).toBeCloseTo(accuracy, 1)
      // Latent weights give the same bits and thresholds, and scales that differ by rounding.
      expect(predictionsOf(latent!)).toEqual(actual)
    })
  })

const bytesOf = (values: Float32Array) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

/** The driver writes a status word before each sample's outputs. */
function readLogits(bytes: Uint8Array): Float32Array {
  const words = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
  return words.filter((_, i) => i % (CLASSES + 1) !== 0)
}

async function runAll(bytes: Uint8Array, { inputs, size }: DataSet, shape: readonly number[]): Promise<Float32Array> {
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 4 })
  const results = new Float32Array((inputs.length / size) * CLASSES)
  for (let i = 0; i * size < inputs.length; i++) {
    const input = new Tensor('float32', inputs.subarray(i * size, (i + 1) * size), [...shape])
    const { logits } = await session.run({ input })
    results.set(logits!.data as Float32Array, i * CLASSES)
  }
  await session.release()
  return results
}

const predictionsOf = (logits: Float32Array): number[] =>
  Array.from({ length: logits.length / CLASSES }, (_, i) => {
    const row = logits.subarray(i * CLASSES, (i + 1) * CLASSES)
    return row.indexOf(Math.max(...row))
  })

const percent = (predictions: readonly number[], labels: Uint8Array): number =>
  (100 * predictions.filter((digit, i) => digit === labels[i]).length) / predictions.length

const largeDifferences = (a: Float32Array, b: Float32Array): number =>
  a.filter((value, i) => Math.abs(value - b[i]!) > 1e-3 * Math.max(1, Math.abs(b[i]!))).length
