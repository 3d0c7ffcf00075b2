import { type Expr, evaluator } from '../../ir/expr.ts'
import { slopeOf } from '../../ir/slope.ts'
import { MOST_PLANES, NOISE } from './coded.ts'
import { piecesOf } from './pieces.ts'
import { bisect, fromOrder, LARGEST, toOrder } from './switch-point.ts'

/** One value of a function of one f32, from `at` on; the first begins at the smallest f32. */
export interface Stair {
  readonly at: number
  readonly value: number
}

/** Levels of the most planes that a value can have. */
const MOST_LEVELS = 2 ** MOST_PLANES

/**
 * The values of a function of one f32 that rises or falls in a few stairs: round(clip(x, 0, 1) · 3) / 3, sums of steps.
 * Each stair is found by bisection over all f32 and so is exact. Undefined for other functions.
 */
export function stairsOf(f: Expr): readonly Stair[] | undefined {
  return climb(f) ?? stairsOfPieces(f)
}

function climb(f: Expr): Stair[] | undefined {
  if (slopeOf(f, [0], ['f32'], { low: -LARGEST, high: LARGEST }) === 'unknown') return undefined
  const value = evaluator(f, ['f32'])
  const [last, top] = [toOrder(LARGEST), value([LARGEST])]
  const stairs: Stair[] = [{ at: -LARGEST, value: value([-LARGEST]) }]
  for (let at = toOrder(-LARGEST); stairs.at(-1)!.value !== top; ) {
    const before = stairs.at(-1)!.value
    at = bisect(at, last, index => value([fromOrder(index)]) !== before)
    stairs.push({ at: fromOrder(at), value: value([fromOrder(at)]) })
    if (stairs.length > MOST_LEVELS) return undefined
  }
  return stairs.every(each => Number.isFinite(each.value)) ? stairs : undefined
}

function stairsOfPieces(f: Expr): Stair[] | undefined {
  const stairs: Stair[] = []
  for (const { from, value } of piecesOf(f) ?? []) {
    if (value === undefined || !Number.isFinite(value)) return undefined
    if (stairs.at(-1)?.value !== value) stairs.push({ at: fromOrder(from), value })
    if (stairs.length > MOST_LEVELS) return undefined
  }
  const steps = stairs.slice(1).map((stair, i) => Math.sign(stair.value - stairs[i]!.value))
  return stairs.length > 0 && steps.every(step => step === steps[0]) ? stairs : undefined
}

/** Equally spaced numbers: from the first, `count` steps up or down. */
export interface Grid {
  readonly first: number
  readonly step: number
  readonly count: number
  /** Those that occur are as they occur, not as the step has them. */
  readonly values: readonly number[]
}

/** The grid of all values of stairs that go one way; undefined where there is none of at most 16 numbers. */
export function gridOf(all: readonly (readonly Stair[])[]): Grid | undefined {
  const values = [...new Set(all.flatMap(stairs => stairs.map(({ value }) => value + 0)))].sort((a, b) => a - b)
  const isFalling = all.some(stairs => stairs[0]!.value > stairs.at(-1)!.value)
  if (isFalling && all.some(stairs => stairs[0]!.value < stairs.at(-1)!.value)) return undefined
  const [low, high] = [values[0]!, values.at(-1)!]
  const closest = Math.min(...values.slice(1).map((value, i) => value - values[i]!))
  const count = Math.round((high - low) / closest)
  if (!(count >= 1 && count < MOST_LEVELS)) return undefined
  const step = (high - low) / count
  const noise = NOISE * Math.max(Math.abs(low), Math.abs(high))
  if (values.some(value => Math.abs(Math.round((value - low) / step) * step + low - value) > noise)) return undefined
  const grid = isFalling ? { first: high, step: -step, count } : { first: low, step, count }
  const occurring = new Map(values.map(value => [Math.round((value - grid.first) / grid.step), value]))
  const every = Array.from({ length: count + 1 }, (_, k) => occurring.get(k) ?? grid.first + k * grid.step)
  return { ...grid, values: every }
}

/** Where a staircase reaches the numbers 1, 2, … of a grid: above all f32 where it ends before. */
export function thresholdsOn({ first, step, count }: Grid, stairs: readonly Stair[]): number[] {
  const numberOf = ({ value }: Stair) => Math.round((value - first) / step)
  return Array.from({ length: count }, (_, k) => stairs.find(stair => numberOf(stair) > k)?.at ?? LARGEST)
}
