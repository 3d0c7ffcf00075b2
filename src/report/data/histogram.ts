import type { Histogram } from '../report.ts'

/** Bins of many values; few values get fewer, so that a bin holds some. */
const BINS = 60
const binsFor = (values: number): number => Math.min(BINS, Math.ceil(2.5 * Math.cbrt(values)))

/** Counts values as they come. Whole numbers get bins of a whole width, so that no bin is empty by rounding. */
export interface Counter {
  add(values: ArrayLike<number>): void
  result(): Histogram
}

export function createCounter(minimum: number, maximum: number, { step = 0, most = BINS } = {}): Counter {
  const span = maximum - minimum
  const width = step > 0 ? step * Math.max(1, Math.ceil((span + step) / step / most)) : span > 0 ? span / most : 1
  const bins = step > 0 ? Math.floor(span / width) + 1 : span > 0 ? most : 1
  const counts = new Array<number>(bins).fill(0)
  let [total, sum, least, largest] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  return {
    add: values => {
      for (let i = 0; i < values.length; i++) {
        const value = values[i]!
        if (!Number.isFinite(value)) continue
        total++
        sum += value
        if (value < least) least = value
        if (value > largest) largest = value
        // The largest value belongs to the last bin, not behind it.
        const bin = value === maximum ? bins - 1 : Math.floor((value - minimum) / width)
        if (bin >= 0 && bin < bins) counts[bin]!++
      }
    },
    result: () => ({
      start: minimum,
      width,
      counts,
      total,
      minimum: total > 0 ? least : 0,
      maximum: total > 0 ? largest : 0,
      mean: total > 0 ? sum / total : 0,
    }),
  }
}

/** The histogram of values that are all there. */
export function histogramOf(values: ArrayLike<number>): Histogram {
  const { minimum, maximum, step } = rangeOf([values])
  const counter = createCounter(minimum, maximum, { step, most: binsFor(values.length) })
  counter.add(values)
  return counter.result()
}

/** Smallest and largest value, and the step between whole numbers: 2 where all are odd, or all even; 0 for floats. */
export function rangeOf(arrays: readonly ArrayLike<number>[]): { minimum: number; maximum: number; step: number } {
  let [minimum, maximum, whole, parity] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true, 0]
  for (const values of arrays)
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!
      if (!Number.isFinite(value)) continue
      if (value < minimum) minimum = value
      if (value > maximum) maximum = value
      if (whole && Number.isInteger(value)) parity |= value % 2 === 0 ? 1 : 2
      else whole = false
    }
  if (minimum > maximum) return { minimum: 0, maximum: 0, step: 0 }
  return { minimum, maximum, step: whole ? (parity === 3 ? 1 : 2) : 0 }
}
