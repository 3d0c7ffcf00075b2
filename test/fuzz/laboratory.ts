import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Culprit } from './bisect.ts'
import type { Network } from './network.ts'
import type { Verdict } from './verdict.ts'
import type { Answer, Job, Lanes } from './worker.ts'

type Tell = (seed: number, verdict: Verdict) => void

/** How a process ended that did not say so itself. */
type End = 'done' | 'hang' | 'crash' | 'memory'

/** Milliseconds that a process may need to start, at most. */
const START = 20_000

/** Bytes that a process may hold, beside which JavaScript's own are limited, and milliseconds between two looks. */
const [MEMORY, LOOK] = [3e9, 250]

/** On a busy machine a process waits for its turn: as many times the limit may pass on the clock, beside the work itself. */
const PATIENCE = 10
/** Milliseconds that C compilers may take for many files, after the last of them was told. */
const COMPILERS = 300_000

/** Jobs a process does before it is replaced: generated modules stay in its memory. */
const MOST_JOBS = 40

/** A child process that networks are tried in, replaced when it hangs, dies or grows old. */
export class Laboratory {
  private readonly worker: string
  private child: ChildProcess | undefined
  /** Started ahead: a start takes longer than most jobs. */
  private spare: ChildProcess | undefined
  private jobs = 0

  constructor(worker: string) {
    this.worker = worker
  }

  /** Networks by their seeds, in order. In one C program (a lane) nobody knows which one a process died of: then one by one. */
  trySeeds(seeds: readonly number[], lanes: Lanes, limit: number, tell: Tell): Promise<void> {
    const jobOf = (left: readonly number[]): Job => ({ kind: 'seeds', seeds: left, lanes })
    return this.tryInOrder(seeds, jobOf, limit, tell, lanes.c !== undefined)
  }

  /** Damaged files by seeds, in order; a seed may be told once more, with what a compiler says of it. */
  tryFiles(seeds: readonly number[], limit: number, tell: Tell): Promise<void> {
    return this.tryInOrder(seeds, left => ({ kind: 'files', seeds: left }), limit, tell, false)
  }

  /** A seed at which the process hangs or dies gets that as its verdict, and the rest go on. */
  private async tryInOrder(
    seeds: readonly number[],
    jobOf: (left: readonly number[]) => Job,
    limit: number,
    tell: Tell,
    together: boolean,
  ): Promise<void> {
    let left = seeds
    let suspect: number | undefined
    while (left.length > 0) {
      let count = 0
      const limitNow = () => (count < left.length ? limit : COMPILERS)
      const end = await this.run(jobOf(left), limitNow, answer => {
        if (answer.kind === 'tried') tell(left[count++]!, answer.verdict)
        if (answer.kind === 'amended') tell(answer.seed, answer.verdict)
      })
      if (end === 'done') return
      if (together && left.length > 1) {
        for (const seed of left) await this.tryInOrder([seed], jobOf, limit, tell, together)
        return
      }
      const seed = left[count]
      if (seed === undefined) throw new Error('a process ended after its last answer, and did not say so')
      left = left.slice(count)
      // A process may also die of what it did before: a fresh one tries it again.
      if (end !== 'hang' && seed !== suspect) suspect = seed
      else {
        tell(seed, lost(end, limit))
        left = left.slice(1)
      }
    }
  }

  async tryFile(bytes: Uint8Array, seed: number, limit: number): Promise<Verdict> {
    let verdict: Verdict | undefined
    const end = await this.run({ kind: 'file', bytes, seed }, limit, answer => {
      if (answer.kind === 'tried') verdict = answer.verdict
    })
    return verdict ?? lost(end, limit)
  }

  async tryNetwork(network: Network, lanes: Lanes, limit: number): Promise<Verdict> {
    let verdict: Verdict | undefined
    const end = await this.run({ kind: 'network', network, lanes }, limit, answer => {
      if (answer.kind === 'tried') verdict = answer.verdict
    })
    return verdict ?? lost(end, limit)
  }

  async bisect(network: Network, limit: number): Promise<Culprit | undefined> {
    let culprit: Culprit | undefined
    await this.run({ kind: 'bisect', network }, limit, answer => {
      if (answer.kind === 'culprit') culprit = answer.culprit
    })
    return culprit
  }

  /** The pass that never ends rewriting, if that is why the network never ends. */
  async endless(network: Network, limit: number): Promise<string | undefined> {
    let pass: string | undefined
    await this.run({ kind: 'endless', network }, limit, answer => {
      if (answer.kind === 'endless') pass = answer.pass
    })
    return pass
  }

  close(): void {
    this.spare?.kill('SIGKILL')
    this.spare = undefined
    this.stop()
  }

  private stop(): void {
    this.child?.kill('SIGKILL')
    this.child = undefined
    this.jobs = 0
  }

  private start(): ChildProcess {
    return fork(this.worker, {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: ['--max-old-space-size=1500'],
    })
  }

  /** One job; `limit` is how many milliseconds of work there may be between two answers. */
  private run(job: Job, limit: number | (() => number), tell: (answer: Answer) => void): Promise<End> {
    const limitNow = () => (typeof limit === 'number' ? limit : limit())
    if (this.jobs++ >= MOST_JOBS && (job.kind === 'seeds' || job.kind === 'files')) this.stop()
    const isNew = !this.child
    this.child ??= this.spare ?? this.start()
    // The next one starts while this one works.
    if (isNew) this.spare = this.start()
    const { child } = this
    return new Promise(resolve => {
      let timer: NodeJS.Timeout | undefined
      let worked = workOf(child)
      let starting = isNew ? START : 0
      const look = setInterval(() => {
        if (memoryOf(child) > MEMORY) finish('memory')
        else if (workOf(child) - worked > starting + limitNow()) finish('hang')
      }, LOOK)
      const finish = (end: End): void => {
        clearTimeout(timer)
        clearInterval(look)
        child.removeAllListeners()
        if (end !== 'done') this.stop()
        resolve(end)
      }
      const wait = (): void => {
        clearTimeout(timer)
        worked = workOf(child)
        starting = 0
        timer = setTimeout(() => finish('hang'), PATIENCE * limitNow())
      }
      child.on('message', (answer: Answer) => {
        if (answer.kind === 'done') return finish('done')
        // The time runs from when the process has started, which takes longer than most networks.
        tell(answer)
        wait()
      })
      child.on('error', () => finish('crash'))
      child.on('exit', () => finish('crash'))
      timer = setTimeout(() => finish('hang'), PATIENCE * (starting + limitNow()))
      child.send(job)
    })
  }
}

/** Bytes of memory that a process holds; 0 where the system does not tell. */
function memoryOf({ pid }: ChildProcess): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096
  } catch {
    return 0
  }
}

/** Milliseconds that a process has computed; 0 where the system does not tell. */
function workOf({ pid }: ChildProcess): number {
  try {
    // The name in parentheses may hold spaces; of what follows, the 12th and 13th are user and system time, in ticks.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return (Number(fields[11]) + Number(fields[12])) * 10
  } catch {
    return 0
  }
}

function lost(end: End, limit: number): Verdict {
  const stage = 'passes'
  if (end === 'hang') return { kind: 'hang', stage, message: `no answer within ${limit / 1000} s` }
  if (end === 'memory') return { kind: 'memory', stage, message: `more than ${MEMORY / 1e9} GB` }
  return { kind: 'crash', stage, message: 'the process died' }
}
