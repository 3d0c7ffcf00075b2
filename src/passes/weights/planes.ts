import { type Levels, stepOf, WIDTH } from './levels.ts'

/**
 * Weights of few levels as sums of signs: w = sum_j factor_j · s_j(w) + offset, each s_j in {-1, +1}. A layer of such
 * weights is as many layers of bits, added up; an offset multiplies the plain sum of the inputs.
 */
export interface Code {
  readonly factors: readonly number[]
  readonly offset: number
  /** Whether s_j of a weight is +1. */
  readonly isPlus: (plane: number, weight: number) => boolean
}

/** The code of fewest planes, an offset counting as a part of one: it is one filter for all. */
export function cheapestCode(levels: Levels): Code {
  if (levels.values.length === 1) return magnitudes(levels)
  const codes = [magnitudes(levels), steps(levels), ...(levels.step === undefined ? [] : [binary(levels, levels.step)])]
  return codes.reduce((best, code) => (costOf(code) < costOf(best) ? code : best))
}

const costOf = ({ factors, offset }: Code): number => factors.length + (offset === 0 ? 0 : 0.5)

/**
 * Sign times magnitude, with magnitudes m_1 < … < m_K of which a weight passes some:
 *   |w| = (m_1 + m_K) / 2 + sum_{j > 1} (m_j - m_{j-1}) / 2 · (|w| >= m_j ? 1 : -1)
 * ±alpha is one plane, ±alpha and 0 are two. No offset.
 */
function magnitudes({ values }: Levels): Code {
  const sorted = distinct(values.map(Math.abs).sort((a, b) => a - b))
  const between = sorted.slice(1).map((above, j) => (above + sorted[j]!) / 2)
  return {
    factors: [(sorted[0]! + sorted.at(-1)!) / 2, ...sorted.slice(1).map((above, j) => (above - sorted[j]!) / 2)],
    offset: 0,
    isPlus: (plane, weight) => weight >= 0 === (plane === 0 || Math.abs(weight) >= between[plane - 1]!),
  }
}

/** Ascending magnitudes; -a and +a may differ by rounding noise. */
const distinct = (sorted: readonly number[]): number[] =>
  sorted.filter((value, i) => i === 0 || value - sorted[i - 1]! > 2 * WIDTH * sorted.at(-1)!)

/** Steps up from the lowest level: w = (v_1 + v_L) / 2 + sum_{j > 1} (v_j - v_{j-1}) / 2 · (w >= v_j ? 1 : -1). */
function steps({ values }: Levels): Code {
  const between = values.slice(1).map((above, j) => (above + values[j]!) / 2)
  return {
    factors: values.slice(1).map((above, j) => (above - values[j]!) / 2),
    offset: (values[0]! + values.at(-1)!) / 2,
    isPlus: (plane, weight) => weight >= between[plane]!,
  }
}

/** Equally spaced levels by the bits of their number: w = step · (sum_j 2^j · s_j / 2) + offset. */
function binary({ values }: Levels, step: number): Code {
  const last = Math.round((values.at(-1)! - values[0]!) / step)
  const planes = Math.ceil(Math.log2(last + 1))
  const middle = (2 ** planes - 1) / 2
  // Numbers may start above 0 where that makes them symmetric.
  const centred = values[0]! / step + middle
  const first = isWhole(centred) && centred > 0 && centred + last < 2 ** planes ? Math.round(centred) : 0
  const offset = values[0]! + step * (middle - first)
  return {
    factors: Array.from({ length: planes }, (_, j) => step * 2 ** (j - 1)),
    offset: Math.abs(offset) < step / 1e3 ? 0 : offset,
    isPlus: (plane, weight) => ((Math.round((weight - values[0]!) / step) + first) >> plane) % 2 === 1,
  }
}

/**
 * One code for all filters of a layer, whose weights are whole multiples of a step per filter: w = step · (sum_j 2^j · s_j +
 * 2 · low + 2^n - 1) / 2. Where each filter has a code of its own, one that lacks a level has other planes than its neighbours.
 * Undefined for scaled signs and zeros, and for more than 16 multiples.
 */
export function commonCodes(all: readonly Levels[]): Code[] | undefined {
  const multiples: { step: number; low: number; high: number }[] = []
  for (const { values } of all) {
    const step = stepOf([...new Set([...values, 0])].sort((a, b) => a - b))
    if (step === undefined) return undefined
    const [low, high] = step === 0 ? [0, 0] : [Math.round(values[0]! / step), Math.round(values.at(-1)! / step)]
    multiples.push({ step, low, high })
  }
  const least = multiples.reduce((now, { low }) => Math.min(now, low), 0)
  const most = multiples.reduce((now, { high }) => Math.max(now, high), 0)
  const planes = Math.ceil(Math.log2(most - least + 1))
  const half = 2 ** (planes - 1)
  if (planes > 4 || most - least < 3) return undefined
  const low = least >= -half && most < half ? -half : least
  return multiples.map(({ step }) => ({
    factors: Array.from({ length: planes }, (_, j) => step * 2 ** (j - 1)),
    offset: step * (low + (2 ** planes - 1) / 2),
    isPlus: (plane, weight) => (((step === 0 ? 0 : Math.round(weight / step)) - low) >> plane) % 2 === 1,
  }))
}

const isWhole = (value: number): boolean => Math.abs(value - Math.round(value)) < 1e-3
