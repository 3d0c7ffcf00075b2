import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { compile } from '../../src/compile.ts'
import { compileC, floatsOf, hasCompiler, SANITIZED } from '../c-runner.ts'
import { imdb } from '../data-sets.ts'
import { planOf } from '../plan.ts'
import { isMissing, readShared } from '../shared.ts'

const MODEL = 'models/textcnn.binary.onnx'
/** With the vocabulary of MODEL. */
const TWIN = resolve(import.meta.dirname, '../../examples/textcnn-imdb/textcnn.float.onnx')
const REVIEWS = 2500
const TOKENS = 400
const VOCABULARY = 20_000

describe.skipIf(isMissing(MODEL) || !hasCompiler('gcc'))('the text network', { timeout: 240_000 }, () => {
  test('keeps its table as bits: 370 KB of constants instead of 8.4 MB', async () => {
    const { summary } = await compile(readShared(MODEL), { target: 'c', name: 'textcnn' })
    expect(summary.constantBytes).toBeLessThanOrEqual(370_000)
    const table = summary.layers.find(({ op }) => op === 'Gather')
    expect(table).toMatchObject({ kind: 'binary', bytes: VOCABULARY * 4 * 4 })
  })

  test.skipIf(isMissing('data/imdb')).each([
    ['it', 0.86, () => readShared(MODEL)],
    ['its float twin', 0.85, () => new Uint8Array(readFileSync(TWIN))],
  ])(`%s predicts ${REVIEWS} reviews as onnxruntime does`, async (name, least, read) => {
    const { inputs, labels } = imdb(REVIEWS)
    const model = read()
    const plan = await planOf(model, 'textcnn')
    const program = compileC([plan], { flags: ['-O3'] })
    const logits = floatsOf(plan, program.runBytes(plan, inputs))
    const predictions = Array.from(labels, (_, i) => (logits[i * 2 + 1]! > logits[i * 2]! ? 1 : 0))
    const expected = await predict(model, new BigInt64Array(inputs.buffer), labels.length)
    const differing = predictions.filter((prediction, i) => prediction !== expected[i]).length
    const right = predictions.filter((prediction, i) => prediction === labels[i]).length
    console.log(
      `text network, ${name}: ${(100 * right) / REVIEWS} % of ${REVIEWS} reviews, ${differing} differ from onnxruntime`,
    )
    expect(differing).toBeLessThanOrEqual(1)
    expect(right / REVIEWS).toBeGreaterThan(least)
  })

  test('a token outside the vocabulary stops the run; outputs are 0 and nothing is read out of bounds', async () => {
    const plan = await planOf(readShared(MODEL), 'textcnn')
    const program = compileC([plan], { flags: SANITIZED })
    const review = (at: number, token: bigint) => {
      const values = new BigInt64Array(TOKENS).fill(7n)
      values[at] = token
      return new Map([['tokens', { dtype: 'i64', shape: [1, TOKENS], values } as const]])
    }
    const wrong = [-1n, BigInt(VOCABULARY), 2n ** 31n, 2n ** 32n, -(2n ** 31n), 2n ** 63n - 1n, -(2n ** 63n), 2n ** 60n]
    const places = [0, 200, TOKENS - 1]
    for (const { status, outputs } of program.run(
      plan,
      places.flatMap(at => wrong.map(token => review(at, token))),
    )) {
      expect(status).toBe(1)
      expect([...outputs.get('logits')!.values]).toEqual([0, 0])
    }
    const [first, last] = program.run(plan, [review(0, 0n), review(0, BigInt(VOCABULARY - 1))])
    expect([first!.status, last!.status]).toEqual([0, 0])
  })
})

async function predict(model: Uint8Array, tokens: BigInt64Array, count: number): Promise<number[]> {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 4 })
  const predictions: number[] = []
  for (let i = 0; i < count; i++) {
    const review = new Tensor('int64', tokens.slice(i * TOKENS, (i + 1) * TOKENS), [1, TOKENS])
    const [negative, positive] = (await session.run({ tokens: review })).logits!.data as Float32Array
    predictions.push(positive! > negative! ? 1 : 0)
  }
  await session.release()
  return predictions
}
