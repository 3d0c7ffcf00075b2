import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { runEval } from '../../src/cli/eval.ts'
import { hasCompiler } from '../c-runner.ts'
import { nodeModel } from '../onnx.ts'
import { npy } from './npy-bytes.ts'

const folder = mkdtempSync(join(tmpdir(), 'xnorc-test-'))
const path = join(folder, 'relu.onnx')
const data = join(folder, 'data.npz')
const options = {
  weights: 'xnor',
  binarize: 'auto',
  scale: 'alpha-k',
  signZero: 'plus',
  firstLayer: 'float',
  batch: 1,
  data,
} as const
let printed: string[] = []

writeFileSync(path, nodeModel('Relu', { in: 'float[N,3]' }))
afterAll(() => rmSync(folder, { recursive: true }))
beforeEach(() => {
  printed = []
  vi.spyOn(console, 'log').mockImplementation(text => printed.push(text))
})
afterEach(() => vi.restoreAllMocks())

const x = npy('<f4', '4, 3', Float32Array.of(1, 2, 3, 3, 2, 1, 1, 3, 2, 5, 0, 1))
/** By hand: mean of log(sum of e^score) - score of the class. */
const loss =
  [
    [1, 2, 3, 3],
    [3, 2, 1, 3],
    [1, 3, 2, 3],
    [5, 0, 1, 0],
  ].reduce((sum, [a, b, c, own]) => sum + Math.log(Math.exp(a!) + Math.exp(b!) + Math.exp(c!)) - own!, 0) / 4
const write = (arrays: Record<string, Uint8Array>) => writeFileSync(data, zipSync(arrays))

describe.skipIf(!hasCompiler('gcc'))('xnorc eval', () => {
  test('counts the samples whose class has the largest value', async () => {
    write({ 'x.npy': x, 'y.npy': npy('<i8', '4,', BigInt64Array.of(2n, 0n, 1n, 1n)) })
    await runEval(path, options)
    expect(printed).toEqual([`75.00 % of 4 samples, loss ${loss.toPrecision(4)}`])
    printed = []
    await runEval(path, { ...options, json: true })
    expect(JSON.parse(printed[0]!)).toEqual({
      samples: 4,
      correct: 3,
      accuracy: 0.75,
      loss: expect.closeTo(loss, 9),
      outOfRange: 0,
    })
  })

  test('--constants file gives the same answer', async () => {
    write({ 'x.npy': x, 'y.npy': npy('<i8', '4,', BigInt64Array.of(2n, 0n, 1n, 1n)) })
    await runEval(path, { ...options, constants: 'file' })
    expect(printed).toEqual([`75.00 % of 4 samples, loss ${loss.toPrecision(4)}`])
  })

  test('the loss of a network that ends in a softmax is that of its probabilities', async () => {
    const softmax = join(folder, 'softmax.onnx')
    writeFileSync(softmax, nodeModel('Softmax', { in: 'float[N,3]' }, { axis: 1 }))
    write({ 'x.npy': x, 'y.npy': npy('<i8', '4,', BigInt64Array.of(2n, 0n, 1n, 1n)) })
    await runEval(softmax, { ...options, json: true })
    expect(JSON.parse(printed[0]!).loss).toBeCloseTo(loss, 5)
  })

  test('says what is wrong with the data', async () => {
    const run = () => runEval(path, options)
    write({ 'x.npy': x })
    await expect(run()).rejects.toThrow("has no array 'y' with the class of every sample")
    write({ 'x.npy': x, 'y.npy': npy('|u1', '3,', Uint8Array.of(0, 1, 2)) })
    await expect(run()).rejects.toThrow('has 4 samples and 3 classes')
    write({ 'x.npy': x, 'y.npy': npy('|u1', '4,', Uint8Array.of(0, 1, 2, 3)) })
    await expect(run()).rejects.toThrow('has the class 3; the model has classes 0 to 2')
    await expect(runEval(path, { ...options, data: '/nowhere.npz' })).rejects.toThrow('no such file')
  })
})
