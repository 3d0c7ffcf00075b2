export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/**
 * Medians in microseconds per run of several programs that take turns, so that a busy machine slows all of them alike.
 * `milliseconds` are spent on each, after a warm-up of half of that: engines compile hot code while it runs.
 */
export async function measureAlternating(
  runs: readonly (() => Promise<unknown>)[],
  milliseconds: number,
): Promise<number[]> {
  const samples = runs.map((): number[] => [])
  const spent = runs.map(() => 0)
  const turn = async (k: number, until: number) => {
    // Short programs repeat within a turn: a turn lasts at least a millisecond.
    let count = 0
    const start = performance.now()
    let now = start
    do {
      await runs[k]!()
      count++
      now = performance.now()
    } while (now - start < 1)
    spent[k]! += now - start
    if (spent[k]! > until) samples[k]!.push(((now - start) * 1000) / count)
  }
  while (runs.some((_, k) => spent[k]! < milliseconds * 1.5))
    for (const k of runs.keys()) if (spent[k]! < milliseconds * 1.5) await turn(k, milliseconds * 0.5)
  return samples.map(medianOf)
}
