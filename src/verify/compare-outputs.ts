import { elements, numbersOf, type Tensor } from '../ir/tensor.ts'
import { type Arithmetic, type Bounded, shareOf } from './bounded.ts'

export interface OutputComparison {
  readonly output: string
  /** NaN where one is and the other is not. */
  readonly maxDifference: number
  /** Largest magnitude that is expected. */
  readonly scale: number
  /** Whether the largest value of every row is at the same place; undefined where the output is no prediction. */
  readonly samePrediction?: boolean
}

/** Compares every output with what is expected of it. */
export const compareOutputs = (
  outputs: ReadonlyMap<string, Tensor>,
  expected: ReadonlyMap<string, Tensor>,
): OutputComparison[] =>
  [...outputs].map(([output, actual]) => {
    const [values, wanted] = [numbersOf(actual), numbersOf(expected.get(output)!)]
    return {
      output,
      maxDifference: maxDifference(values, wanted),
      scale: scaleOf(wanted),
      ...(outputs.size === 1 && isPrediction(actual)
        ? { samePrediction: `${largest(values, actual.shape[1]!)}` === `${largest(wanted, actual.shape[1]!)}` }
        : {}),
    }
  })

/**
 * Whether outputs are those that are expected: integers and bits equal, floats within `tolerance` of the largest. Where
 * results are stored as float16, also within the bound of that rounding.
 */
export function outputsAgree(
  outputs: ReadonlyMap<string, Tensor>,
  expected: ReadonlyMap<string, Bounded>,
  tolerance: number,
  arithmetic: Arithmetic,
): boolean {
  return [...outputs].every(([name, actual]) => {
    const { tensor, errors } = expected.get(name)!
    const [values, wanted] = [numbersOf(actual), numbersOf(tensor)]
    if (values.length !== wanted.length) return false
    const scale = scaleOf(wanted)
    return values.every((value, i) => {
      if (Object.is(value, wanted[i])) return true
      const stored = arithmetic.storage === 0 ? 0 : Math.min(errors?.[i] ?? 0, shareOf(arithmetic) * scale)
      return Math.abs(value - wanted[i]!) <= (tensor.dtype === 'f32' ? Math.max(tolerance * scale, stored) : 0)
    })
  })
}

/** Scores of at least two classes for every sample. */
const isPrediction = ({ dtype, shape }: Tensor): boolean =>
  dtype === 'f32' && shape.length === 2 && shape[1]! > 1 && elements(shape) > 0

const scaleOf = (values: readonly number[]): number =>
  values.reduce((most, value) => (Math.abs(value) < Infinity ? Math.max(most, Math.abs(value)) : most), 0)

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
