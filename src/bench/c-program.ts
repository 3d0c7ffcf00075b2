import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import type { Times } from './measure.ts'

/** What the timing program can run: the whole network, a step, or a probe. */
export type Task = `r 0` | `s ${number}` | `p ${number}`

/** A timing program that waits for tasks, one at a time. */
export interface TimingProgram {
  /** The instruction set that it runs on. */
  readonly isa: string
  /** Runs a task so many times. */
  readonly time: (task: Task, count: number) => Promise<Times>
  readonly stop: () => void
}

/** Starts a program made from `benchDriver`, in its folder. Throws where it ends before it says that it is ready. */
export async function startProgram(path: string, inputs: string): Promise<TimingProgram> {
  const child = spawn(path, [inputs], { cwd: dirname(path) })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const isa = await lineOf(child, lines)
  return {
    isa,
    time: async (task, count) => {
      child.stdin.write(`${task} ${count}\n`)
      const [clock, cpu] = (await lineOf(child, lines)).split(' ').map(Number)
      return { clock: clock! / 1000, cpu: cpu! / 1000 }
    },
    stop: () => child.stdin.end(),
  }
}

async function lineOf(child: ChildProcessWithoutNullStreams, lines: AsyncIterator<string>): Promise<string> {
  const { done, value } = await lines.next()
  if (!done) return value
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
  throw new Error(`the generated code stopped: ${child.signalCode ?? `exit status ${child.exitCode}`}`)
}
