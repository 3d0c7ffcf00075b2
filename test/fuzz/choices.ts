import { seeded } from '../random.ts'

/**
 * Where every decision about a network comes from. Decisions are remembered, so that a network is a short list of
 * small numbers that can be replayed, cut and lowered; 0 is always the simplest answer, and the one when a list is at
 * its end.
 */
export interface Choices {
  /** An integer in [0, count). */
  readonly pick: (count: number) => number
  /** Small numbers more often than large ones. */
  readonly near: (count: number) => number
  /** True once in `times`. */
  readonly once: (times: number) => boolean
  /** One of them; the first is the simplest. */
  readonly oneOf: <T>(...values: readonly T[]) => T
  readonly made: readonly number[]
}

export function choices(next: (count: number, skew: boolean) => number): Choices {
  const made: number[] = []
  const decide = (count: number, skew: boolean): number => {
    const value = next(Math.max(count, 1), skew)
    made.push(value)
    return value
  }
  return {
    pick: count => decide(count, false),
    near: count => decide(count, true),
    once: times => decide(times, false) === times - 1,
    oneOf: (...values) => values[decide(values.length, false)]!,
    made,
  }
}

/** New decisions, the same for the same seed. */
export function fresh(seed: number): Choices {
  const random = seeded(seed)
  return choices((count, skew) => Math.floor((skew ? random() ** 4 : random()) * count))
}

/** The decisions of a list, which may be too short or made for other counts. */
export function replay(list: readonly number[]): Choices {
  let at = 0
  return choices(count => (list[at++] ?? 0) % count)
}
