import { type Fn, stepOf } from './expr.ts'
import type { Range } from './range.ts'
import type { DType } from './tensor.ts'

/**
 * A part of an expression that takes few values, told one by one: an argument that is a small integer, what is rounded,
 * and every function of nothing else. Ranges lose such values where lattices do not meet, as behind a LeakyRelu.
 */
export interface Few {
  /** How many values each part has of which this is a function; none for a constant. */
  readonly sources: ReadonlyMap<string, number>
  /** The value for one choice; `nudge` -1 and +1 give what it may be where sums have been rounded in another order. */
  readonly at: (choice: (source: string) => number, nudge: number) => number
}

/** Most values of one part, and most choices, that are looked at. */
const [MOST_VALUES, MOST_CHOICES] = [512, 4096]
const ULP = 2 ** -23

/** The values of a range, if they are few. */
export function fewOf({ low, high, points, rest }: Range, name: () => string): Few | undefined {
  if (rest === 'floats') return undefined
  if (rest === 'none' && points.length === 1) return { sources: new Map(), at: () => points[0]! }
  const source = name()
  const choose = (count: number, at: (k: number, nudge: number) => number): Few => ({
    sources: new Map([[source, count]]),
    at: (choice, nudge) => at(choice(source), nudge),
  })
  if (rest === 'none') return choose(points.length, k => points[k]!)
  const { base, step } = rest
  const first = Math.ceil((low - base) / step)
  const steps = Math.floor((high - base) / step) - first + 1
  if (!(steps > 0 && steps + points.length <= MOST_VALUES)) return undefined
  const isExact = Number.isInteger(base) && Number.isInteger(step)
  return choose(steps + points.length, (k, nudge) => {
    const value = k < steps ? base + (first + k) * step : points[k - steps]!
    return isExact || k >= steps ? value : Math.fround(value + nudge * ULP * Math.abs(value))
  })
}

/** A function of parts that take few values each. */
export function fewOfParts(fn: Fn, types: readonly DType[], parts: readonly (Few | undefined)[]): Few | undefined {
  if (!parts.every(part => part !== undefined)) return undefined
  const sources = new Map(parts.flatMap(part => [...part.sources]))
  if (choicesOf(sources) > MOST_CHOICES) return undefined
  const { step } = stepOf(fn, types)
  const [a, b, c] = parts as [Few, Few?, Few?]
  return {
    sources,
    at: (choice, nudge) => step(a.at(choice, nudge), b?.at(choice, nudge) ?? 0, c?.at(choice, nudge) ?? 0),
  }
}

const choicesOf = (sources: Few['sources']): number =>
  [...sources.values()].reduce((product, count) => product * count, 1)

/** Whether one of the values is 0, or on different sides of it before and after rounding. */
export function reachesZero(few: Few): boolean {
  for (const values of rowsOf(few)) {
    const signs = values.map(Math.sign)
    if (signs.includes(0) || (signs.includes(1) && signs.includes(-1))) return true
  }
  return false
}

/** All values, where they are at most so many and known exactly. */
export function valuesOf(few: Few, most: number): number[] | undefined {
  if (choicesOf(few.sources) > most) return undefined
  const rows = [...rowsOf(few)]
  return rows.every(([low, value, high]) => low === value && value === high)
    ? rows.map(([, value]) => value)
    : undefined
}

/** For every choice the value, between what it may be else. */
function* rowsOf({ sources, at }: Few): Generator<[number, number, number]> {
  const strides = new Map<string, number>()
  let total = 1
  for (const [source, count] of sources) {
    strides.set(source, total)
    total *= count
  }
  for (let k = 0; k < total; k++) {
    const choice = (source: string) => Math.floor(k / strides.get(source)!) % sources.get(source)!
    yield [at(choice, -1), at(choice, 0), at(choice, 1)]
  }
}
