import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PrintOptions, SourceFile } from '../backends/backend.ts'
import { c, makeUnit, printModule } from '../backends/c/index.ts'
import { lower } from '../lower/index.ts'
import { callsOf } from '../plan/buffers.ts'
import type { Prepared } from '../prepare.ts'
import { buildC } from '../run/compiler.ts'
import { buildCounter, runCounted } from '../run/counter.ts'
import { makeFeeds } from '../run/inputs.ts'
import { bytesOfTensor } from '../run/memory.ts'
import { ToolError } from '../run/tool-error.ts'
import { version } from '../version.ts'
import { countDriver, markHeader, withMarks } from './count-driver.ts'

/** A compiler for another machine, and an emulator of it. */
export interface Emulated {
  readonly compiler: string
  /** Flags, and sources besides the program. */
  readonly args: readonly string[]
  readonly emulator: readonly [string, ...string[]]
  /** What stands before the program's path on the emulator's command line. */
  readonly before: readonly string[]
}

export interface StepCount {
  /** Functions of the generated code that run as one step, since they share rings of rows. */
  readonly layers: readonly string[]
  readonly origin: readonly string[]
  readonly instructions: number
}

export interface Count {
  /** Of the run function. */
  readonly instructions: number
  /** Of the same code with a mark between its steps, which compilers do not see through: the sum may differ from the whole. */
  readonly steps: readonly StepCount[]
}

/** Generated code on seeded inputs, ready to be counted on any number of machines. */
export interface Counting {
  readonly count: (emulated: Emulated) => Promise<Count>
  readonly dispose: () => Promise<void>
}

export async function openCounting(
  { source, graph }: Prepared,
  options: { readonly name?: string | undefined } & Pick<PrintOptions, 'isa' | 'constants' | 'fpContract'>,
): Promise<Counting> {
  const plan = lower(graph, c.lowering)
  const printed = { ...options, version }
  const unit = makeUnit(plan, printed)
  const feeds = makeFeeds(source, 1)
  const inputs = plan.inputs.map(({ name }) => bytesOfTensor(feeds.get(name)!))
  const files = printModule(unit, printed)
  const constants = files.find(({ path }) => path === `${plan.name}.bin`)?.content as Uint8Array | undefined
  const folder = await mkdtemp(join(tmpdir(), 'xnorc-count-'))
  const dispose = () => rm(folder, { recursive: true, force: true })
  /** Instructions from mark to mark of a program with this code, without what a mark takes. */
  const countMarks = async (code: string, { compiler, args, emulator, before }: Emulated): Promise<number[]> => {
    await buildC(compiler, ['count.c', `${code}.c`, ...args, '-lm', '-o', 'count'], folder)
    const { status, marks } = await runCounted(emulator, counter, [...before, join(folder, 'count')])
    if (status !== 0)
      throw new ToolError(`the generated code did not come to its end under ${emulator.join(' ')}: status ${status}`)
    const [mark, ...counts] = marks.slice(1).map((each, k) => each - marks[k]!) as [number, ...number[]]
    return counts.map(each => each - mark)
  }
  const count = async (emulated: Emulated): Promise<Count> => {
    const [instructions] = await countMarks(plan.name, emulated)
    const [, ...steps] = await countMarks('marked', emulated)
    return {
      instructions: instructions!,
      steps: plan.steps.map((step, k) => ({
        layers: callsOf(step).map(({ name }) => `${plan.name}_${name}`),
        origin: [...new Set(callsOf(step).flatMap(({ origin }) => origin))],
        instructions: steps[k]!,
      })),
    }
  }
  let counter: string
  try {
    for (const { path, content } of files) await writeFile(join(folder, path), content)
    const [marked] = printModule(withMarks(unit), printed) as [SourceFile]
    await writeFile(join(folder, 'marked.c'), `${markHeader}${marked.content}`)
    await writeFile(join(folder, 'count.c'), countDriver(unit, inputs, constants))
    counter = await buildCounter(folder)
  } catch (error) {
    await dispose()
    throw error
  }
  return { count, dispose }
}
