import { numbersOf, type Tensor } from '../ir/tensor.ts'
import { randomNumbers } from './inputs.ts'
import type { Feeds, Reference } from './runner.ts'

export interface OutputComparison {
  readonly output: string
  readonly maxDifference: number
  /** Largest magnitude of the reference's output. */
  readonly scale: number
  /**
   * `equal`: within the tolerance. `flips`: beyond it, but by no more than the model's own outputs move when its inputs
   * do by the tolerance, which flips bits next to floats. `zeros`: beyond it, and the sign of an exact 0 was taken, which
   * is 0 in ONNX and +1 in bits. `different`: a real difference.
   */
  readonly verdict: 'equal' | 'flips' | 'zeros' | 'different'
  /** Whether the largest value of every row is at the same place: the prediction of a classifier. */
  readonly samePrediction: boolean
}

/** How often the inputs are moved, and how much more than the model itself an output may move. */
const TRIALS = 3
const MARGIN = 2

/**
 * Compares outputs with those of a reference. Only where they differ, the reference is run again on inputs moved by the
 * tolerance, to see what flipped bits do to the outputs. `mayFlip` says whether any bit was that close to its threshold.
 */
export async function compareOutputs(
  outputs: ReadonlyMap<string, Tensor>,
  reference: Reference,
  feeds: Feeds,
  { tolerance, mayFlip }: { readonly tolerance: number; readonly mayFlip: boolean },
): Promise<OutputComparison[]> {
  const expected = await reference.run(feeds)
  const compared = [...outputs].map(([output, actual]) =>
    compareTensors(output, actual, expected.get(output)!, tolerance),
  )
  if (!mayFlip || compared.every(({ verdict }) => verdict === 'equal')) return compared
  const spread = new Map<string, number>()
  for (let trial = 1; trial <= TRIALS; trial++)
    for (const [output, moved] of await reference.run(moveFeeds(feeds, tolerance, trial))) {
      const difference = maxDifference(numbersOf(moved), numbersOf(expected.get(output)!))
      spread.set(output, Math.max(difference, spread.get(output) ?? 0))
    }
  return compared.map(comparison =>
    comparison.verdict === 'different' && comparison.maxDifference <= MARGIN * spread.get(comparison.output)!
      ? { ...comparison, verdict: 'flips' }
      : comparison,
  )
}

function compareTensors(output: string, actual: Tensor, expected: Tensor, tolerance: number): OutputComparison {
  const [values, wanted] = [numbersOf(actual), numbersOf(expected)]
  const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const difference = maxDifference(values, wanted)
  const verdict = difference <= (actual.dtype === 'f32' ? tolerance * scale : 0) ? 'equal' : 'different'
  const width = actual.shape.at(-1) ?? 1
  const samePrediction = `${largest(values, width)}` === `${largest(wanted, width)}`
  return { output, maxDifference: difference, scale, verdict, samePrediction }
}

/** NaN where one is and the other is not, or not a number at all. */
function maxDifference(actual: readonly number[], expected: readonly number[]): number {
  let most = 0
  for (let i = 0; i < expected.length; i++) {
    if (Object.is(actual[i], expected[i])) continue
    const difference = Math.abs(actual[i]! - expected[i]!)
    if (Number.isNaN(difference)) return Number.NaN
    if (difference > most) most = difference
  }
  return most
}

/** Index of the largest value of every row. */
function largest(values: readonly number[], width: number): number[] {
  const indices: number[] = []
  for (let row = 0; row < values.length; row += width) {
    let best = 0
    for (let k = 1; k < width; k++) if (values[row + k]! > values[row + best]!) best = k
    indices.push(best)
  }
  return indices
}

/** Float inputs moved by up to the tolerance, relative to the largest value. */
function moveFeeds(feeds: Feeds, tolerance: number, seed: number): Feeds {
  const next = randomNumbers(seed)
  return new Map(
    [...feeds].map(([name, tensor]) => {
      if (!(tensor.values instanceof Float32Array)) return [name, tensor]
      const most = tensor.values.reduce((size, value) => Math.max(size, Math.abs(value)), 0)
      return [name, { ...tensor, values: tensor.values.map(value => value + (2 * next() - 1) * tolerance * most) }]
    }),
  )
}
