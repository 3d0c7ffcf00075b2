export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

type Run = () => Promise<unknown>

/**
 * The same as `measureInTurns` for programs in this process, after a warm-up: `milliseconds` are spent on each.
 */
export async function measureAlternating(runs: readonly Run[], milliseconds: number): Promise<Times[]> {
  for (const run of runs) await warmUp(run, milliseconds / 4)
  return measureInTurns(runs.map(timed), milliseconds * runs.length)
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

/** Microseconds by the clock, and of the processor: the same on an idle machine, for a program with one thread. */
export interface Times {
  readonly clock: number
  readonly cpu: number
}

/** What others take for the same, and how many times as long as xnorc: for the model, and for its shapes in int8. */
export interface Compared {
  readonly theirs: number | undefined
  readonly ratio: number | undefined
  readonly int8: number | undefined
  readonly int8Ratio: number | undefined
}

export const compare = (by: keyof Times, ours: Times, theirs?: Times, int8?: Times): Compared => ({
  theirs: theirs?.[by],
  ratio: theirs && theirs[by] / ours[by],
  int8: int8?.[by],
  int8Ratio: int8 && int8[by] / ours[by],
})

/** Something that runs `count` times on request and says what all of them took. */
export type Timed = (count: number) => Promise<Times>

/** Long enough for a clock, short enough that a machine's load is the same for programs that take turns. */
const TURN_MICROSECONDS = 4000

/**
 * Microseconds per run of several programs that take turns, in rounds: medians over the rounds, of which there are at
 * least three. `milliseconds` are the whole time, after the first runs that find how often each repeats. All turns are
 * as long as the slowest program needs at least: short ones would slip through between those of a busy machine's others.
 */
export async function measureInTurns(programs: readonly Timed[], milliseconds: number): Promise<Times[]> {
  const single: number[] = []
  for (const program of programs) single.push(await roughly(program))
  const fair = Math.min(TURN_MICROSECONDS, (milliseconds * 1000) / Math.max(1, programs.length) / 3)
  const turnTime = Math.max(fair, ...single)
  const counts = single.map(time => Math.max(1, Math.round(turnTime / time)))
  const samples = programs.map((): Times[] => [])
  const end = performance.now() + milliseconds
  do {
    for (const [k, program] of programs.entries()) samples[k]!.push(await program(counts[k]!))
  } while (performance.now() < end || (samples[0]?.length ?? 3) < 3)
  return samples.map((list, k) => ({
    clock: medianOf(list.map(({ clock }) => clock)) / counts[k]!,
    cpu: medianOf(list.map(({ cpu }) => cpu)) / counts[k]!,
  }))
}

/** Microseconds of one run, by the processor: from as many as take half a millisecond. */
async function roughly(program: Timed): Promise<number> {
  for (let count = 1; ; count *= 2) {
    const { cpu } = await program(count)
    if (cpu >= 500) return cpu / count
  }
}

/** Runs in this process; once before the clock starts, so that caches are as in a loop of runs. */
export const timed =
  (run: Run): Timed =>
  async count => {
    await run()
    const start = performance.now()
    const used = process.cpuUsage()
    for (let k = 0; k < count; k++) await run()
    const { user, system } = process.cpuUsage(used)
    return { clock: (performance.now() - start) * 1000, cpu: user + system }
  }
