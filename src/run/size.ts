import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SourceFile } from '../backends/backend.ts'
import { c } from '../backends/c/index.ts'
import { bytesInUse, bytesOf } from '../plan/arena.ts'
import type { Plan } from '../plan/plan.ts'
import { buildC } from './compiler.ts'
import { type ElfObject, readElf } from './elf.ts'
import { isSoftFloat, libraryCalls } from './library-calls.ts'

/** A kernel's part, in bytes. */
export interface LayerSize {
  /** Its function in the generated code. */
  readonly name: string
  readonly origin: readonly string[]
  /** Of its function where it is one of its own; in the run function it may be smaller, or larger. */
  readonly code: number
  /** Its own constants. One that two layers share counts for both. */
  readonly constants: number
  /** Of its function's frame. */
  readonly stack: number
  /** What lies in the workspace while it runs. */
  readonly workspace: number
  /** Places that compute floats in a library, for want of an FPU, by the function called; inner loops that it calls count too. */
  readonly softFloat: Readonly<Record<string, number>>
}

/** What generated C takes on a machine, in bytes, as a compiler makes it. Without what the C library has. */
export interface Size {
  readonly compiler: string
  readonly flash: { readonly code: number; readonly constants: number; readonly total: number }
  readonly ram: {
    readonly workspace: number
    readonly inputs: number
    readonly outputs: number
    /** At most: every function that is not part of another counts as if it called the next. */
    readonly stack: number
    readonly total: number
  }
  readonly layers: readonly LayerSize[]
  /** Of inner loops that are no layer's own, each as a function of its own too. */
  readonly sharedCode: number
  /** Functions of the compiler's and the C library that are called; on a machine without an FPU those for floats. */
  readonly calls: readonly string[]
}

/** Builds the files of a plan with a compiler's command. Throws a ToolError where that cannot be done. */
export async function measureSize(files: readonly SourceFile[], plan: Plan, compiler: string): Promise<Size> {
  const folder = await mkdtemp(join(tmpdir(), 'xnorc-size-'))
  try {
    for (const { path, content } of files) await writeFile(join(folder, path), content)
    const whole = await build(folder, plan.name, compiler, [])
    const apart = await build(folder, plan.name, compiler, [
      '-DINLINE=__attribute__((noinline))',
      '-ffunction-sections',
    ])
    return report(plan, compiler, whole, apart)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Built {
  readonly object: ElfObject
  readonly frames: ReadonlyMap<string, number>
}

async function build(folder: string, name: string, compiler: string, flags: readonly string[]): Promise<Built> {
  await buildC(compiler, ['-fstack-usage', ...flags, '-c', `${name}.c`, '-o', `${name}.o`], folder)
  const object = readElf(await readFile(join(folder, `${name}.o`)))
  const lines = (await readFile(join(folder, `${name}.su`), 'utf8')).split('\n').filter(Boolean)
  const frames = lines.map(line => {
    const [place, bytes] = line.split('\t')
    return [place!.split(':').at(-1)!, Number(bytes)] as const
  })
  return { object, frames: totalsOf(frames) }
}

/** By function; compilers make copies of some, `f.constprop.0` of `f`. */
function totalsOf(pairs: readonly (readonly [name: string, bytes: number])[]): ReadonlyMap<string, number> {
  const totals = new Map<string, number>()
  for (const [copy, bytes] of pairs) {
    const name = copy.replace(/\..*/, '')
    totals.set(name, (totals.get(name) ?? 0) + bytes)
  }
  return totals
}

function report(plan: Plan, compiler: string, whole: Built, apart: Built): Size {
  const loaded = whole.object.sections.filter(({ allocated, filled }) => allocated && filled)
  const code = sum(loaded.filter(({ executable }) => executable).map(({ bytes }) => bytes))
  const constants = sum(loaded.filter(({ executable }) => !executable).map(({ bytes }) => bytes))
  const { workspaceBytes, calls } = c.measure(plan)
  const inputs = sum(plan.inputs.map(({ buffer }) => bytesOf(buffer)))
  const outputs = sum(plan.outputs.map(({ buffer }) => bytesOf(buffer)))
  const stack = stackOf(plan.name, whole.frames)
  const lengths = totalsOf(
    apart.object.symbols.filter(({ kind }) => kind === 'function').map(({ name, bytes }) => [name, bytes]),
  )
  const own = new Set(calls.map(({ name }) => `${plan.name}_${name}`))
  const isRun = (name: string): boolean => name === `${plan.name}_run` || name.startsWith(`${plan.name}_run_`)
  const inUse = bytesInUse(plan.steps)
  const called = libraryCalls(apart.object)
  return {
    compiler,
    flash: { code, constants, total: code + constants },
    ram: { workspace: workspaceBytes, inputs, outputs, stack, total: workspaceBytes + inputs + outputs + stack },
    layers: calls.map(({ name, origin, constantBytes }) => ({
      name: `${plan.name}_${name}`,
      origin,
      code: lengths.get(`${plan.name}_${name}`) ?? 0,
      constants: constantBytes,
      stack: apart.frames.get(`${plan.name}_${name}`) ?? 0,
      workspace: inUse.get(name)!,
      softFloat: Object.fromEntries(
        [...(called.get(`${plan.name}_${name}`) ?? [])].filter(([callee]) => isSoftFloat(callee)),
      ),
    })),
    sharedCode: sum([...lengths].filter(([name]) => !own.has(name) && !isRun(name)).map(([, bytes]) => bytes)),
    calls: whole.object.symbols.filter(({ missing, name }) => missing && name !== '').map(({ name }) => name),
  }
}

/** The functions for instruction sets are alternatives; of all others each may be called by each. */
function stackOf(name: string, frames: ReadonlyMap<string, number>): number {
  const isAlternative = (each: string): boolean => each.startsWith(`${name}_run_`)
  const [alternatives, others] = [true, false].map(wanted =>
    [...frames].filter(([each]) => isAlternative(each) === wanted).map(([, bytes]) => bytes),
  ) as [number[], number[]]
  return Math.max(0, ...alternatives) + sum(others)
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
