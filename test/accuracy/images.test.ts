import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { c } from '../../src/backends/c/index.ts'
import { elements, f32, type Tensor } from '../../src/ir/tensor.ts'
import { lower } from '../../src/lower/index.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { createCRunner } from '../../src/run/c.ts'
import { verifyModel } from '../../src/verify/verify-model.ts'
import { compileC, floatsOf } from '../c-runner.ts'
import { cifar10, mnist, type Samples } from '../data-sets.ts'
import { optimise, planOf } from '../plan.ts'
import { isMissing } from '../shared.ts'
import { loadPlan } from '../wasm-runner.ts'
import { findFlips } from './explain.ts'

interface Case {
  readonly model: string
  readonly folder: string
  readonly data: string
  readonly shape: readonly number[]
  readonly read: (count?: number) => Samples
  /** Of all 10,000, or of as many as onnxruntime takes a minute for. */
  readonly images: number
  /** Of onnxruntime, in per cent of these. */
  readonly accuracy: number
}

const cases: readonly Case[] = [
  {
    model: 'lenet5',
    folder: 'lenet5-mnist',
    data: 'data/mnist',
    shape: [1, 1, 28, 28],
    read: mnist,
    images: 10_000,
    accuracy: 99.38,
  },
  {
    model: 'nin',
    folder: 'nin-cifar10',
    data: 'data/cifar10',
    shape: [1, 3, 32, 32],
    read: cifar10,
    images: 2_000,
    accuracy: 85.1,
  },
]
const CLASSES = 10
/** Values before a sign are of order 1 and come from some 100 f32 additions. */
const EPSILON = 1e-5

/**
 * Test images through the shipped networks, as generated C and in onnxruntime. Float sums round differently in the
 * two, so a bit whose value lies within that rounding of its threshold may differ, and with it, rarely, a prediction.
 */
for (const { model, folder, data, shape, read, images, accuracy } of cases)
  describe.skipIf(isMissing(data))(`${model} on ${images} test images`, () => {
    test('predicts as onnxruntime', { timeout: 300_000 }, async () => {
      const set = read(images)
      const binary = readExample(`${folder}/${model}.binary.onnx`)
      const graph = await optimise(binary, 'binary')
      const plans = [lower(graph), await planOf(readExample(`${folder}/${model}.latent.onnx`), 'latent')]
      const program = compileC(plans, { flags: ['-O3', '-ffp-contract=off'] })
      const [logits, latent] = plans.map(plan => floatsOf(plan, program.runBytes(plan, set.inputs)))
      const expected = await runAll(binary, set, shape)
      const actual = predictionsOf(logits!)
      const wanted = predictionsOf(expected)
      const differing = actual.flatMap((digit, i) => (digit === wanted[i] ? [] : [i]))
      console.log(
        `${model}: C ${percent(actual, set.labels)} %, onnxruntime ${percent(wanted, set.labels)} %, ` +
          `${differing.length} predictions differ, ${largeDifferences(logits!, expected)} logits differ by over 1e-3`,
      )
      // Each has to be explained below.
      expect(differing.length).toBeLessThanOrEqual(5)
      for (const i of differing) {
        const image = f32(shape, sampleOf(set, shape, i))
        const flips = await findFlips(binary, graph, image)
        console.log(`${model}, image ${i}: ${flips.map(({ sign, value }) => `${sign} of ${value}`).join(', ')}`)
        expect(flips.length + (await countFlipsOfC(binary, image))).toBeGreaterThan(0)
        for (const { value } of flips) expect(Math.abs(value)).toBeLessThan(EPSILON)
      }
      expect(percent(wanted, set.labels)).toBeCloseTo(accuracy, 2)
      expect(percent(actual, set.labels)).toBeCloseTo(accuracy, 1)
      const inWasm = predictionsOf(await runWasm(lower(graph), set, shape))
      const apart = inWasm.flatMap((digit, i) => (digit === actual[i] ? [] : [i]))
      console.log(`${model}: ${apart.length} predictions of WASM differ from those of C`)
      expect(apart.length).toBeLessThanOrEqual(5)
      for (const i of apart) expect(await countFlipsOfC(binary, f32(shape, sampleOf(set, shape, i)))).toBeGreaterThan(0)
      // Latent weights give the same bits and thresholds, and scales that differ by rounding.
      expect(predictionsOf(latent!)).toEqual(actual)
    })
  })

/** Nothing but sums of floats in another order. */
for (const { model, folder, data, shape, read } of cases)
  describe.skipIf(isMissing(data))(`the float twin of ${model} on 500 test images`, () => {
    test('computes what onnxruntime does', { timeout: 240_000 }, async () => {
      const set = read(500)
      const twin = readExample(`${folder}/${model}.float.onnx`)
      const plan = await planOf(twin, 'twin')
      const logits = floatsOf(plan, compileC([plan], { flags: ['-O3'] }).runBytes(plan, set.inputs))
      const expected = await runAll(twin, set, shape)
      expect(largeDifferences(logits, expected)).toBe(0)
      expect(percent(predictionsOf(expected), set.labels)).toBeGreaterThan(85)
    })
  })

/** Bits of the C that are not the interpreter's; fails unless their values lie within rounding of the threshold. */
async function countFlipsOfC(model: Uint8Array, input: Tensor): Promise<number> {
  const { ok, layers } = await verifyModel(model, {
    name: 'model',
    backend: c,
    runner: createCRunner(),
    feeds: () => [new Map([['input', input]])],
    references: [],
    tolerance: EPSILON,
  })
  expect(ok).toBe(true)
  console.log(layers.flatMap(({ name, flips }) => (flips > 0 ? [`${name}: ${flips} bits of the C`] : [])).join(', '))
  return layers.reduce((sum, { flips }) => sum + flips, 0)
}

const readExample = (path: string): Uint8Array =>
  new Uint8Array(readFileSync(resolve(import.meta.dirname, '../../examples', path)))

const sampleOf = ({ inputs }: Samples, shape: readonly number[], i: number): Float32Array =>
  new Float32Array(inputs.buffer, inputs.byteOffset + 4 * i * elements(shape), elements(shape))

async function runAll(bytes: Uint8Array, set: Samples, shape: readonly number[]): Promise<Float32Array> {
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 4 })
  const results = new Float32Array(set.labels.length * CLASSES)
  for (let i = 0; i < set.labels.length; i++) {
    const input = new OrtTensor('float32', sampleOf(set, shape, i), [...shape])
    const { logits } = await session.run({ input })
    results.set(logits!.data as Float32Array, i * CLASSES)
  }
  await session.release()
  return results
}

/** As a user of the generated loader would. */
async function runWasm(plan: Plan, set: Samples, shape: readonly number[]): Promise<Float32Array> {
  const run = await loadPlan(plan)
  const results = new Float32Array(set.labels.length * CLASSES)
  for (let i = 0; i < set.labels.length; i++) {
    const outputs = run(new Map([['input', f32(shape, sampleOf(set, shape, i))]]))
    results.set(outputs.get('logits')!.values as Float32Array, i * CLASSES)
  }
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
