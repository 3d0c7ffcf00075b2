/**
 * What values a tensor can hold: bounds, and where an exact value is likely. An exact 0 counts as possible where it is
 * one of the `points` or on the lattice; among `floats` it is not looked for.
 */
export interface Range {
  readonly low: number
  readonly high: number
  /** Values that occur often: constants, ends of clamps. 0 is never dropped from the list. */
  readonly points: readonly number[]
  /** What occurs beside the points: nothing, base + k · step, or anything within the bounds. */
  readonly rest: 'none' | 'floats' | Lattice
}

export interface Lattice {
  readonly base: number
  readonly step: number
}

/** Longest list of points worth keeping. */
export const MOST_POINTS = 24
/** Half a unit in the last place of an f32, relative. */
const HALF_ULP = 2 ** -24
/** What rounds to 0 as f32. */
const UNDERFLOW = 2 ** -150

export const anything: Range = { low: -Infinity, high: Infinity, points: [], rest: 'floats' }
export const exactly = (...points: readonly number[]): Range => ({
  low: Math.min(...points),
  high: Math.max(...points),
  points,
  rest: 'none',
})
export const between = (low: number, high: number): Range => ({ low, high, points: [], rest: 'floats' })
export const onLattice = (low: number, high: number, lattice: Lattice): Range =>
  lattice.step > 0 ? { low, high, points: [], rest: lattice } : exactly(lattice.base)
export const integers = (low: number, high: number): Range => onLattice(low, high, { base: 0, step: 1 })

/** Whether an exact 0 is possible, as far as points and lattices tell. */
export function hasZero({ low, high, points, rest }: Range): boolean {
  if (low > 0 || high < 0) return false
  if (points.includes(0)) return true
  if (typeof rest === 'string') return false
  const { base, step } = rest
  const nearest = base - Math.round(base / step) * step
  return Math.abs(nearest) <= Math.max(HALF_ULP * Math.abs(base), UNDERFLOW)
}

/** Whether a number from `low` to `high` is possible, as far as points and lattices tell. */
export function hasBetween(range: Range, low: number, high: number): boolean {
  if (range.low > high || range.high < low) return false
  if (range.points.some(point => point >= low && point <= high)) return true
  if (typeof range.rest === 'string') return false
  const { base, step } = range.rest
  const slack = HALF_ULP * Math.abs(base)
  return base + Math.ceil((low - slack - base) / step) * step <= high + slack
}

/** The smallest range that holds both. */
export function union(a: Range, b: Range): Range {
  const rest = joined(a, b)
  // A zero on a lattice must not get lost with it.
  const zeros = rest === 'floats' && (hasZero(a) || hasZero(b)) ? [0] : []
  return limited(Math.min(a.low, b.low), Math.max(a.high, b.high), [...a.points, ...b.points, ...zeros], rest)
}

export const unionOf = (ranges: readonly Range[]): Range => ranges.reduce(union)

/** A range with its points deduplicated; too many of them become floats, but for 0. */
export function limited(low: number, high: number, points: readonly number[], rest: Range['rest']): Range {
  const distinct = [...new Set(points)]
  if (distinct.length <= MOST_POINTS) return { low, high, points: distinct, rest }
  return { low, high, points: distinct.filter(point => point === 0), rest: 'floats' }
}

function joined(a: Range, b: Range): Range['rest'] {
  if (a.rest === 'none') return b.rest
  if (b.rest === 'none') return a.rest
  if (a.rest === 'floats' || b.rest === 'floats') return 'floats'
  const step = commonStep(commonStep(a.rest.step, b.rest.step), Math.abs(a.rest.base - b.rest.base))
  return step ? { base: a.rest.base, step } : 'floats'
}

/** How much finer than the smaller of two steps their common step may be: random floats have none. */
const FINEST = 64

/** The largest step that both are multiples of, by Euclid; undefined where there is none, or no first step. */
export function commonStep(a: number | undefined, b: number): number | undefined {
  if (a === undefined) return undefined
  let [large, small] = a < b ? [b, a] : [a, b]
  const nothing = small * 2 ** -20
  const least = small / FINEST
  while (small > nothing) {
    const rest = large % small
    ;[large, small] = [small, small - rest <= nothing ? 0 : rest]
  }
  return large >= least * (1 - 2 ** -20) ? large : undefined
}

/** All values as one lattice, points included; undefined where there is none. */
export function latticeOf({ points, rest }: Range): Lattice | undefined {
  if (rest === 'floats') return undefined
  const base = rest === 'none' ? points[0] : rest.base
  if (base === undefined) return undefined
  const start: number | undefined = rest === 'none' ? 0 : rest.step
  const step = points.reduce<number | undefined>((now, point) => commonStep(now, Math.abs(point - base)), start)
  return step === undefined ? undefined : { base, step }
}
