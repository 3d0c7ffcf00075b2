import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execaSync } from 'execa'
import { type ConstantPlace, type FpContract, type Isa, isas } from '../src/backends/backend.ts'
import { c } from '../src/backends/c/index.ts'
import type { Plan } from '../src/plan/plan.ts'
import { driverSource } from '../src/run/c-driver.ts'
import { readRecords } from '../src/run/c-records.ts'
import { compilerFor, type MachineName, machines } from '../src/run/machines.ts'
import { bytesOfTensor } from '../src/run/memory.ts'
import type { Feeds, Run } from '../src/run/runner.ts'

export type Compiler = 'gcc' | 'clang-22' | 'g++' | 'clang++-22'
/** What the contract promises to compile without a warning. */
const STRICT = ['-std=c99', '-Wall', '-Wextra', '-Wpedantic', '-Werror']
const STRICT_CPP = ['-x', 'c++', '-Wall', '-Wextra', '-Werror']
export const SANITIZED = ['-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all']

export interface Settings {
  readonly compiler?: Compiler
  /** Instruction sets beside portable code; all by default, and the best that this machine has is used. */
  readonly isa?: readonly Isa[]
  /** `off`: no compiler fuses a product and a sum. */
  readonly fpContract?: FpContract
  /** With `file` the program reads them to memory that is aligned to 8 bytes and no more. */
  readonly constants?: ConstantPlace
  /** After the warning flags; -O2 by default. */
  readonly flags?: readonly string[]
  /** Compiles for a machine that is emulated here, by its gcc or clang. */
  readonly machine?: MachineName
  /** All sources as one translation unit, as amalgamated builds have them. */
  readonly together?: boolean
}

/** One executable with the generated code of several plans, whose names must differ. */
export interface CProgram {
  /** Runs samples through one model, all in one process. */
  readonly run: (plan: Plan, feeds: readonly Feeds[]) => Run[]
  /** The same on raw bytes: inputs of a sample one after another, samples one after another. */
  readonly runBytes: (
    plan: Plan,
    inputs: Uint8Array,
    /** Instead of what was printed as NAME.bin. */
    constants?: Uint8Array,
  ) => Run[]
}

/** Whether the compiler is there. Where tests must not be skipped (CI=true) its absence is an error. */
export function hasCompiler(compiler: Compiler): boolean {
  try {
    execaSync(compiler, ['--version'])
    return true
  } catch {
    if (process.env.CI === 'true') throw new Error(`${compiler} is missing, and CI must not skip its tests`)
    console.warn(`skipped: ${compiler} is not installed; scripts/install-system-packages.sh installs it`)
    return false
  }
}

/** Whether a machine can be compiled for and emulated. */
export const hasMachine = (machine: MachineName, compiler: Compiler): boolean =>
  [commandOf(compiler, machine), machines[machine].emulator].every(([command]) => hasCompiler(command as Compiler))

/** Whether a compiler makes anything of its own for a machine. */
export const compilesFor = (machine: MachineName, compiler: Compiler): boolean =>
  (machines[machine].compilers as readonly string[]).includes(compiler.replace('-22', ''))

/** The compiler, and its flags for another machine. */
function commandOf(compiler: Compiler, machine: MachineName | undefined): readonly [string, ...string[]] {
  if (!machine) return [compiler]
  return compilerFor(machines[machine], compiler === 'gcc' ? 'gcc' : 'clang', 'clang-22')
}

/** Prints and compiles plans; programs are cached by their text and flags. Throws with the compiler's words. */
export function compileC(
  plans: readonly Plan[],
  {
    compiler = 'gcc',
    flags = ['-O2'],
    isa = isas,
    constants = 'inline',
    fpContract = 'on',
    together = false,
    machine,
  }: Settings = {},
): CProgram {
  const sources = plans.flatMap(plan => c.print(plan, { version: 'test', isa, constants, fpContract }))
  const cpp = compiler.includes('++')
  const [executable, ...target] = commandOf(compiler, machine)
  const command = [...target, ...(cpp ? STRICT_CPP : STRICT), ...flags]
  const driver = driverSource(plans, { trace: false, constants })
  const hash = createHash('sha256')
    .update(JSON.stringify([executable, command, driver, sources, together]))
    .digest('hex')
    .slice(0, 24)
  const cache = join(tmpdir(), 'xnorc-test-cache')
  const program = join(cache, hash)
  if (!existsSync(program)) {
    mkdirSync(cache, { recursive: true })
    const folder = mkdtempSync(join(cache, 'build-'))
    for (const { path, content } of sources) writeFileSync(join(folder, path), content)
    writeFileSync(join(folder, 'driver.c'), driver)
    const units = sources.map(({ path }) => path).filter(path => path.endsWith('.c'))
    if (together) writeFileSync(join(folder, 'all.c'), units.map(path => `#include "${path}"\n`).join(''))
    const files = together ? ['all.c'] : units
    const objects = files.map(file => {
      execaSync(executable, [...command, '-c', file, '-o', `${file}.o`], { cwd: folder })
      return `${file}.o`
    })
    // The driver is no part of what is promised: it is compiled without the strict flags.
    const own = [...target, ...flags]
    execaSync(executable, [...own, ...(cpp ? ['-x', 'c++'] : []), '-c', 'driver.c', '-o', 'driver.o'], { cwd: folder })
    const linked = [...own, ...(machine ? ['-static'] : []), 'driver.o', ...objects, '-lm', '-o', 'program']
    execaSync(executable, linked, { cwd: folder })
    renameSync(join(folder, 'program'), program)
    rmSync(folder, { recursive: true })
  }
  const run = [...(machine ? machines[machine].emulator : []), program]
  const printed = new Map(sources.map(({ path, content }) => [path, content]))
  const runBytes: CProgram['runBytes'] = (
    plan,
    inputs,
    file = printed.get(`${plan.name}.bin`) as Uint8Array | undefined,
  ) => runProgram(run, plan, inputs, file)
  return { runBytes, run: (plan, feeds) => runBytes(plan, encode(plan, feeds)) }
}

function runProgram(
  [command, ...args]: readonly string[],
  plan: Plan,
  inputs: Uint8Array,
  constants: Uint8Array | undefined,
): Run[] {
  const folder = mkdtempSync(join(tmpdir(), 'xnorc-run-'))
  try {
    writeFileSync(join(folder, 'in'), inputs)
    if (constants) writeFileSync(join(folder, `${plan.name}.bin`), constants)
    execaSync(command!, [...args, plan.name, 'in', 'out'], { cwd: folder })
    return readRecords(plan, readFileSync(join(folder, 'out')))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export function encode(plan: Plan, feeds: readonly Feeds[]): Uint8Array {
  const parts = feeds.flatMap(feed =>
    plan.inputs.map(({ name }) => {
      const tensor = feed.get(name)
      if (!tensor) throw new Error(`no feed for '${name}'`)
      return bytesOfTensor(tensor)
    }),
  )
  return new Uint8Array(Buffer.concat(parts))
}

/** The f32 values of a plan's only output, sample after sample. Throws where a run did not return 0. */
export function floatsOf({ outputs }: Plan, runs: readonly Run[]): Float32Array {
  const values = new Float32Array(runs.length * outputs[0]!.buffer.length)
  runs.forEach((run, sample) => {
    if (run.status !== 0) throw new Error(`sample ${sample} returned ${run.status}`)
    values.set(run.outputs.get(outputs[0]!.name)!.values as Float32Array, sample * outputs[0]!.buffer.length)
  })
  return values
}
