import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { parseTrainingLog } from '../../src/cli/training-log.ts'
import { trainingSection } from '../../src/report/page/training.ts'
import type { Report } from '../../src/report/report.ts'

const spread = { name: '0.weight', shape: [2, 2], start: -1, width: 0.5, counts: [1, 0, 2, 1] }
const epoch = { epoch: 1, epochs: 3, loss: 0.5, accuracy: 0.75, train_loss: 0.25, parameters: [spread] }
const pageOf = (training: Report['training']): string =>
  trainingSection({ training, trainingSource: 'log.jsonl' } as Report)!.html

test('a log as train.py writes it: curves, hills, and how many epochs of how many', () => {
  const epochs = parseTrainingLog('log.jsonl', `${JSON.stringify(epoch)}\n`)
  expect(epochs).toEqual([{ epoch: 1, epochs: 3, loss: 0.5, accuracy: 0.75, trainLoss: 0.25, parameters: [spread] }])
  expect(pageOf(epochs)).toContain('1 of the 3 epochs that the recipe takes')
  expect(pageOf(epochs)).toContain('epoch 1, training: 0.25')
  expect(pageOf(epochs)).toContain('epoch 1: -1 to 1')
})

test('names of the log are text on the page', () => {
  const parameters = [{ ...spread, name: '<img src=x>.weight' }]
  const page = pageOf(parseTrainingLog('log.jsonl', JSON.stringify({ ...epoch, parameters })))
  expect(page).toContain('&lt;img src=x&gt;.weight')
  expect(page).not.toContain('<img')
})

test.each([
  ['{"epoch":1,"loss":NaN,"accuracy":0.5}', /line 1: expected JSON with numbers epoch, loss and accuracy/],
  [
    JSON.stringify({ ...epoch, parameters: [{ ...spread, counts: 'many' }] }),
    /line 1: expected histograms in parameters/,
  ],
  ['\n', /has no epochs/],
])('a log with %j is refused', (text, message) => {
  expect(() => parseTrainingLog('log.jsonl', text)).toThrow(message)
})

test("LeNet-5's shipped log is of the whole training", () => {
  const path = resolve(import.meta.dirname, '../../examples/lenet5-mnist/lenet5.log.jsonl')
  const epochs = parseTrainingLog(path, readFileSync(path, 'utf8'))
  expect(epochs.map(each => each.epoch)).toEqual(Array.from({ length: 45 }, (_, k) => k + 1))
  expect(pageOf(epochs)).toContain('45 epochs, all that the recipe takes')
  // Every weight is in a bin.
  for (const { parameters } of epochs)
    for (const { shape, counts } of parameters!)
      expect(counts.reduce((a, b) => a + b, 0)).toBe(shape.reduce((a, b) => a * b, 1))
})
