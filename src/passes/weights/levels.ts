/** The values that a filter's weights take, ascending; those that rounding noise tells apart are one. */
export interface Levels {
  readonly values: readonly number[]
  /** Distance of neighbours where all are equally spaced and within 255 steps; undefined elsewhere. */
  readonly step: number | undefined
}

/** Most levels that are told apart: those of 8 bits. */
const MOST = 256
/** Bins of magnitudes in which levels are collected; a level lies in two neighbours at most. */
const BINS = 1 << 16
/** Widest level, relative to the largest magnitude: `(a - b) + b` of numbers below 1 leaves some 1e-6. */
export const WIDTH = 1e-5

/** Levels of a filter's weights; undefined where there are too many, as in a filter of trained floats. */
export function levelsOf(filter: Float32Array): Levels | undefined {
  const largest = filter.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  if (largest === 0) return { values: [0], step: undefined }
  const bins = new Map<number, { low: number; high: number }>()
  for (const value of filter) {
    // A zero is exact: it never comes of rounding something else.
    const bin = value === 0 ? Number.NaN : Math.round((value / largest) * BINS)
    const found = bins.get(bin)
    if (!found) {
      if (bins.size === 2 * MOST) return undefined
      bins.set(bin, { low: value, high: value })
    } else if (value < found.low) found.low = value
    else if (value > found.high) found.high = value
  }
  const levels = merged(
    [...bins.values()].sort((a, b) => a.low - b.low),
    WIDTH * largest,
  )
  if (levels.length > MOST) return undefined
  const values = levels.map(({ low, high }) => (low === high ? low : Math.fround((low + high) / 2)))
  const step = stepOf(values) || undefined
  return isFew(values.length, step, filter.length) ? { values, step } : undefined
}

/** Trained floats of a small filter are levels too, each its own: what repeats or lies on a grid was quantised. */
const isFew = (levels: number, step: number | undefined, weights: number): boolean =>
  levels <= 2 || step !== undefined || 2 * levels <= weights

function merged(sorted: readonly { low: number; high: number }[], width: number): { low: number; high: number }[] {
  const levels: { low: number; high: number }[] = []
  for (const { low, high } of sorted) {
    const last = levels.at(-1)
    if (last && low !== 0 && last.high !== 0 && high - last.low <= width) last.high = high
    else levels.push({ low, high })
  }
  return levels
}

/** The distance that all distances of ascending levels are multiples of, if that makes at most 255 steps; 0 for one level. */
export function stepOf(values: readonly number[]): number | undefined {
  const span = values.at(-1)! - values[0]!
  if (values.length < 2) return 0
  const largest = Math.max(-values[0]!, values.at(-1)!)
  const noise = WIDTH * largest
  let step = span
  for (const value of values) {
    let [large, small] = [step, value - values[0]!]
    while (small > noise) {
      const rest = large % small
      ;[large, small] = [small, small - rest <= noise ? 0 : rest]
    }
    step = large
  }
  const steps = Math.round(span / step)
  if (steps > MOST - 1) return undefined
  // Euclid adds up what rounding left; the whole span tells the step best.
  const exact = span / steps
  const fits = values.every(value => isNear((value - values[0]!) / exact, noise / exact))
  return fits ? exact : undefined
}

const isNear = (steps: number, noise: number): boolean => Math.abs(steps - Math.round(steps)) <= noise
