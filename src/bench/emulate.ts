import type { ConstantPlace, FpContract, Isa } from '../backends/backend.ts'
import { type PrepareOptions, prepare } from '../prepare.ts'
import { newestClang } from '../run/compiler.ts'
import {
  type CrossCompiler,
  compilerFor,
  crossCompilers,
  type Machine,
  type MachineName,
  machines,
} from '../run/machines.ts'
import { type Count, openCounting } from './count.ts'

export interface EmulateOptions extends PrepareOptions {
  readonly isa?: readonly Isa[]
  readonly constants?: ConstantPlace
  readonly fpContract?: FpContract
  readonly machines: readonly MachineName[]
  /** Hears what is measured next. */
  readonly progress?: (what: string, done: number, total: number) => void
}

/** Instructions of one run as one compiler makes it for one machine. */
export interface EmulatedCount extends Count {
  readonly machine: MachineName
  readonly compiler: CrossCompiler
  readonly optimise: '-O2' | '-O3'
}

/** Counts the instructions of generated C on other machines, which qemu emulates: exact and always the same, but not time. */
export async function emulate(model: Uint8Array, options: EmulateOptions): Promise<EmulatedCount[]> {
  const builds = options.machines.flatMap(machine => {
    const has: Machine = machines[machine]
    return crossCompilers
      .filter(compiler => has.compilers.includes(compiler))
      .flatMap(compiler => (['-O2', '-O3'] as const).map(optimise => ({ machine, compiler, optimise })))
  })
  const counting = await openCounting(await prepare(model, options), options)
  const results: EmulatedCount[] = []
  try {
    for (const build of builds) {
      options.progress?.('counting instructions', results.length, builds.length)
      const { machine, compiler, optimise } = build
      const count = await counting.count({
        compiler: compilerFor(machines[machine], compiler, newestClang()).join(' '),
        args: [optimise, '-static'],
        emulator: machines[machine].emulator,
        before: [],
      })
      results.push({ ...build, ...count })
    }
  } finally {
    await counting.dispose()
  }
  return results
}
