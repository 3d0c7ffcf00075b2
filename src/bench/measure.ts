export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

type Run = () => Promise<unknown>

/**
 * Medians in microseconds per run of several programs that take turns, so that a busy machine slows all of them alike.
 * `milliseconds` are spent on each, after a warm-up.
 */
export async function measureAlternating(runs: readonly Run[], milliseconds: number): Promise<number[]> {
  for (const run of runs) await warmUp(run, milliseconds / 4)
  const samples = runs.map((): number[] => [])
  const start = performance.now()
  while (performance.now() - start < milliseconds * runs.length)
    for (const [k, run] of runs.entries()) samples[k]!.push(await turn(run))
  return samples.map(medianOf)
}

/** Engines compile hot code while it runs: repeats until the last two of at most 12 windows were not much faster. */
async function warmUp(run: Run, window: number): Promise<void> {
  let best = Number.POSITIVE_INFINITY
  let unchanged = 0
  for (let count = 0; count < 12 && unchanged < 2; count++) {
    const times: number[] = []
    const start = performance.now()
    while (performance.now() - start < window) times.push(await turn(run))
    const now = medianOf(times)
    unchanged = now < best * 0.97 ? 0 : unchanged + 1
    best = Math.min(best, now)
  }
}

/** Microseconds per run; short programs repeat, so that a turn lasts at least a millisecond. */
async function turn(run: Run): Promise<number> {
  let count = 0
  const start = performance.now()
  do {
    await run()
    count++
  } while (performance.now() - start < 1)
  return ((performance.now() - start) * 1000) / count
}
