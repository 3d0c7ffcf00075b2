import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConstantPlace, type Isa, isas } from '../src/backends/backend.ts'
import { c } from '../src/backends/c/index.ts'
import { packBits, unpackBits } from '../src/ir/bits.ts'
import type { Tensor, Values } from '../src/ir/tensor.ts'
import { bytesOf } from '../src/plan/arena.ts'
import type { Plan, Port } from '../src/plan/plan.ts'
import { driverSource } from './c-driver.ts'

export type Compiler = 'gcc' | 'clang-22' | 'g++' | 'clang++-22'
/** What the contract promises to compile without a warning. */
const STRICT = ['-std=c99', '-Wall', '-Wextra', '-Wpedantic', '-Werror']
const STRICT_CPP = ['-x', 'c++', '-Wall', '-Wextra', '-Werror']
export const SANITIZED = ['-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all']

export interface Settings {
  readonly compiler?: Compiler
  /** Instruction sets beside portable code; all by default, and the best that this machine has is used. */
  readonly isa?: readonly Isa[]
  /** With `file` the program reads them to memory that is aligned to 8 bytes and no more. */
  readonly constants?: ConstantPlace
  /** After the warning flags; -O2 by default. */
  readonly flags?: readonly string[]
  /** All sources as one translation unit, as amalgamated builds have them. */
  readonly together?: boolean
}

export interface Sample {
  /** What the run function returned. */
  readonly status: number
  readonly outputs: ReadonlyMap<string, Tensor>
}

/** One executable with the generated code of several plans, whose names must differ. */
export interface CProgram {
  /** Runs samples through one model, all in one process. */
  readonly run: (plan: Plan, feeds: readonly ReadonlyMap<string, Tensor>[]) => Sample[]
  /** The same on raw bytes: inputs of a sample one after another, samples one after another. Microseconds per run too. */
  readonly runBytes: (
    plan: Plan,
    inputs: Uint8Array,
    /** Instead of what was printed as NAME.bin. */
    constants?: Uint8Array,
  ) => { outputs: Uint8Array; microseconds: number }
}

/** Whether the compiler is there. Where tests must not be skipped (CI=true) its absence is an error. */
export function hasCompiler(compiler: Compiler): boolean {
  try {
    execFileSync(compiler, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    if (process.env.CI === 'true') throw new Error(`${compiler} is missing, and CI must not skip its tests`)
    console.warn(`skipped: ${compiler} is not installed; scripts/install-system-packages.sh installs it`)
    return false
  }
}

/** Prints and compiles plans; programs are cached by their text and flags. Throws with the compiler's words. */
export function compileC(
  plans: readonly Plan[],
  { compiler = 'gcc', flags = ['-O2'], isa = isas, constants = 'inline', together = false }: Settings = {},
): CProgram {
  const sources = plans.flatMap(plan => c.print(plan, { version: 'test', isa, constants }))
  const cpp = compiler.includes('++')
  const command = [...(cpp ? STRICT_CPP : STRICT), ...flags]
  const driver = driverSource(plans, constants)
  const hash = createHash('sha256')
    .update(JSON.stringify([compiler, command, driver, sources, together]))
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
      execFileSync(compiler, [...command, '-c', file, '-o', `${file}.o`], { cwd: folder, stdio: 'pipe' })
      return `${file}.o`
    })
    // The driver is no part of what is promised: it is compiled without the strict flags.
    execFileSync(compiler, [...flags, ...(cpp ? ['-x', 'c++'] : []), '-c', 'driver.c', '-o', 'driver.o'], {
      cwd: folder,
    })
    execFileSync(compiler, [...flags, 'driver.o', ...objects, '-lm', '-o', 'program'], { cwd: folder, stdio: 'pipe' })
    renameSync(join(folder, 'program'), program)
    rmSync(folder, { recursive: true })
  }
  const printed = new Map(sources.map(({ path, content }) => [path, content]))
  const runBytes: CProgram['runBytes'] = (
    plan,
    inputs,
    file = printed.get(`${plan.name}.bin`) as Uint8Array | undefined,
  ) => runProgram(program, plan, inputs, file)
  return { runBytes, run: (plan, feeds) => decode(plan, runBytes(plan, encode(plan, feeds)).outputs) }
}

function runProgram(program: string, plan: Plan, inputs: Uint8Array, constants: Uint8Array | undefined) {
  const folder = mkdtempSync(join(tmpdir(), 'xnorc-run-'))
  try {
    writeFileSync(join(folder, 'in'), inputs)
    if (constants) writeFileSync(join(folder, 'constants'), constants)
    const files = ['in', 'out', ...(constants ? ['constants'] : [])].map(name => join(folder, name))
    const printed = execFileSync(program, [plan.name, ...files], { stdio: 'pipe' })
    return { outputs: new Uint8Array(readFileSync(join(folder, 'out'))), microseconds: Number(printed.toString()) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export const rawBytes = (values: Values | Uint32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

export function encode(plan: Plan, feeds: readonly ReadonlyMap<string, Tensor>[]): Uint8Array {
  const parts = feeds.flatMap(feed =>
    plan.inputs.map(({ name, dtype }) => {
      const tensor = feed.get(name)
      if (!tensor) throw new Error(`no feed for '${name}'`)
      return rawBytes(dtype === 'bit' ? packBits(tensor) : tensor.values)
    }),
  )
  return new Uint8Array(Buffer.concat(parts))
}

function decode(plan: Plan, bytes: Uint8Array): Sample[] {
  const samples: Sample[] = []
  for (let at = 0; at < bytes.length; ) {
    const status = new Int32Array(bytes.slice(at, at + 4).buffer)[0]!
    at += 4
    const outputs = new Map<string, Tensor>()
    for (const port of plan.outputs) {
      const length = bytesOf(port.buffer)
      outputs.set(port.name, tensorOf(port, bytes.slice(at, at + length).buffer))
      at += length
    }
    samples.push({ status, outputs })
  }
  return samples
}

/** Values of a port, bits unpacked. Throws where an unused high bit is set: that is part of what is promised. */
function tensorOf({ name, dtype, shape }: Port, buffer: ArrayBuffer): Tensor {
  if (dtype === 'bit') {
    const packed = new Uint32Array(buffer)
    const tensor = unpackBits(packed, shape)
    if (packBits(tensor).some((word, k) => word !== packed[k]))
      throw new Error(`'${name}' has bits set past its channels`)
    return tensor
  }
  const make = { f32: Float32Array, i32: Int32Array, u8: Uint8Array, i8: Int8Array, i64: BigInt64Array }[dtype]
  return { dtype, shape, values: new make(buffer) }
}

/** The f32 values of a plan's only output, sample after sample, from `runBytes`. Throws where a run did not return 0. */
export function floatsOf({ outputs }: Plan, bytes: Uint8Array): Float32Array {
  const length = outputs[0]!.buffer.length
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
  const values = new Float32Array((words.length / (length + 1)) * length)
  for (let sample = 0; sample * (length + 1) < words.length; sample++) {
    if (words[sample * (length + 1)] !== 0) throw new Error(`sample ${sample} returned ${words[sample * (length + 1)]}`)
    values.set(
      new Float32Array(bytes.slice((sample * (length + 1) + 1) * 4, (sample + 1) * (length + 1) * 4).buffer),
      sample * length,
    )
  }
  return values
}
