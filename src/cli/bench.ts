import { type Target, targets } from '../backends/registry.ts'
import { buildC, findCompiler } from '../run/compiler.ts'
import { type MachineName, machineNames } from '../run/machines.ts'
import { openTimedRun } from '../run/onnxruntime.ts'
import { ToolError } from '../run/tool-error.ts'
import { UsageError } from './fail.ts'
import { type Output, printJson } from './json.ts'
import { compileOptions, type ModelOptions, readModelFile } from './model-options.ts'
import { createProgress } from './progress.ts'
import { describeC, describeEmulated, describeWasm, describeWgsl } from './show-bench.ts'

interface Options extends ModelOptions {
  readonly target: string
  readonly milliseconds: number
  readonly chromium?: string
  readonly batchSizes?: readonly number[]
  /** True: all of them. */
  readonly emulate?: true | readonly MachineName[]
}

/** `xnorc bench`: times the generated code in turns with onnxruntime, and its layers alone. */
export async function runBench(path: string, options: Options): Promise<void> {
  const target = targets.find(name => name === options.target)
  if (!target) throw new UsageError(`there is no target '${options.target}'; the targets are ${targets.join(', ')}`)
  refuseOthers(target, options)
  const model = await readModelFile(path)
  const { result, text } = await (options.emulate ? benchEmulated : benches[target])(path, model, options)
  if (options.json) printJson('bench', result)
  else console.log(text)
}

type Bench = (path: string, model: Uint8Array, options: Options) => Promise<{ result: Output['bench']; text: string }>

const benches: Readonly<Record<Target, Bench>> = {
  c: async (path, model, options) => {
    const { benchC } = await import('../bench/c.ts')
    const compiler = findCompiler()
    const shared = await compileOptions(path, options)
    const result = await benchC(model, {
      ...shared,
      milliseconds: options.milliseconds,
      build: (args, folder) => buildC(compiler, args, folder),
      reference: openTimedRun,
    })
    const about = { target: 'c', name: shared.name, compiler: `${compiler} -O3` } as const
    return { result: { ...about, ...result }, text: describeC(result, compiler) }
  },
  wasm: async (path, model, options) => {
    const { benchWasm } = await import('../bench/wasm.ts')
    const shared = await compileOptions(path, options)
    const result = await benchWasm(model, { ...shared, milliseconds: options.milliseconds })
    return { result: { target: 'wasm', name: shared.name, ...result }, text: describeWasm(result) }
  },
  wgsl: async (path, model, options) => {
    const { benchWgsl } = await import('../bench/wgsl.ts')
    const shared = await compileOptions(path, options)
    const { chromium, batchSizes: batches, milliseconds } = options
    try {
      const result = await benchWgsl(model, {
        ...shared,
        seconds: milliseconds / 1000,
        ...(chromium ? { chromium } : {}),
        ...(batches ? { batches } : {}),
      })
      return { result: { target: 'wgsl', name: shared.name, ...result }, text: describeWgsl(result) }
    } catch (error) {
      throw new ToolError(missingBrowser(error, chromium))
    }
  },
}

/** Instructions on other machines, instead of times on this one. */
const benchEmulated: Bench = async (path, model, options) => {
  const { emulate } = await import('../bench/emulate.ts')
  const shared = await compileOptions(path, options)
  const names = options.emulate === true ? machineNames : options.emulate!
  const progress = createProgress()
  try {
    const emulated = await emulate(model, { ...shared, machines: names, progress: progress.show })
    return { result: { target: 'c', name: shared.name, emulated }, text: describeEmulated(emulated) }
  } finally {
    progress.end()
  }
}

/** What is missing for WGSL, in one line; other faults as they are. */
function missingBrowser(error: unknown, chromium = '/usr/bin/chromium'): string {
  const message = error instanceof Error ? error.message : String(error)
  if (/playwright-core/.test(message) && /Cannot find/.test(message)) return 'playwright-core is not installed'
  if (/executable doesn't exist|ENOENT|Failed to launch/i.test(message))
    return `there is no Chromium at '${chromium}': install it, or give its path with --chromium`
  return message.split('\n')[0]!
}

/** Options that only another target knows. */
function refuseOthers(target: Target, options: Options): void {
  if (target !== 'c' && options.isa) throw new UsageError('--isa is for the target c')
  if (target !== 'c' && options.emulate) throw new UsageError('--emulate is for the target c')
  if (target !== 'c' && options.constants === 'file') throw new UsageError('--constants file is for the target c')
  if (target !== 'wasm' && options.relaxedSimd) throw new UsageError('--relaxed-simd is for the target wasm')
  if (target !== 'wgsl' && (options.chromium !== undefined || options.batchSizes))
    throw new UsageError('--chromium and --batch-sizes are for the target wgsl')
}
