import type { Epoch, ParameterSpread } from '../report/report.ts'
import { FileError } from './fail.ts'

/** A line of JSON per epoch, as `train.py --log` writes them. Throws a FileError that names the line. */
export function parseTrainingLog(path: string, text: string): Epoch[] {
  const lines = text.split('\n').filter(line => line.trim() !== '')
  if (lines.length === 0) throw new FileError(`'${path}' has no epochs: expected a line of JSON for each`)
  return lines.map((line, k) => {
    const wrong = (expected: string) => new FileError(`'${path}', line ${k + 1}: expected ${expected}`)
    let epoch: unknown
    try {
      epoch = JSON.parse(line)
    } catch {
      throw wrong('JSON with numbers epoch, loss and accuracy')
    }
    if (!isRecord(epoch) || !isNumber(epoch.epoch) || !isNumber(epoch.loss) || !isNumber(epoch.accuracy))
      throw wrong('JSON with numbers epoch, loss and accuracy')
    const { parameters = [] } = epoch
    if (!Array.isArray(parameters) || !parameters.every(isSpread))
      throw wrong('histograms in parameters: a name, a shape, a start, a width and counts')
    return {
      epoch: epoch.epoch,
      loss: epoch.loss,
      accuracy: epoch.accuracy,
      ...(isNumber(epoch.epochs) ? { epochs: epoch.epochs } : {}),
      ...(isNumber(epoch.train_loss) ? { trainLoss: epoch.train_loss } : {}),
      ...(parameters.length > 0 ? { parameters } : {}),
    }
  })
}

function isSpread(value: unknown): value is ParameterSpread {
  if (!isRecord(value)) return false
  const { name, shape, start, width, counts } = value
  return (
    typeof name === 'string' &&
    isNumbers(shape) &&
    isNumber(start) &&
    isNumber(width) &&
    width >= 0 &&
    isNumbers(counts)
  )
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
const isNumber = (value: unknown): value is number => typeof value === 'number'
const isNumbers = (value: unknown): value is number[] => Array.isArray(value) && value.every(isNumber)
