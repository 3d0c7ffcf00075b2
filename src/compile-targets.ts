import type { SharedNames, SourceFile } from './backends/backend.ts'
import { printChooser } from './backends/js/chooser.ts'
import type { Target } from './backends/registry.ts'
import { checkBytes, checkOptions, optionsFor } from './check-options.ts'
import { type CompileOptions, printTarget } from './compile.ts'
import type { Diagnostic } from './ir/diagnostic.ts'
import { commandLineOf } from './options.ts'
import { prepare } from './prepare.ts'
import type { Summary } from './summary.ts'
import { version } from './version.ts'

export interface TargetsOptions extends Omit<CompileOptions, 'target'> {
  /** At least one, and none twice. Options that a target does not know have no effect on it. */
  readonly targets: readonly Target[]
}

export interface TargetsResult {
  readonly files: readonly SourceFile[]
  /** One for each target, in their order. */
  readonly summaries: readonly Summary[]
  readonly warnings: readonly Diagnostic[]
}

/**
 * Compiles for several targets into one folder. With WASM and WGSL the loaders are NAME.wasm.js and NAME.wgsl.js, and NAME.js
 * chooses; WGSL's weights are NAME.wgsl.bin where C writes a NAME.bin. Throws what `compile` throws.
 */
export async function compileTargets(bytes: Uint8Array, given: TargetsOptions): Promise<TargetsResult> {
  const { targets, ...options } = given
  if (targets.length === 0 || new Set(targets).size < targets.length)
    throw new TypeError(`targets are [${targets}]; expected at least one, and none twice`)
  const isPair = targets.includes('wasm') && targets.includes('wgsl')
  const hasBin = targets.includes('c') && options.constants === 'file'
  const each = targets.map(target => ({ ...optionsFor(target, options), target }))
  checkBytes(bytes)
  each.forEach(checkOptions)
  const prepared = await prepare(bytes, options)
  const results = []
  for (const wanted of each) {
    const shared: SharedNames = {
      ...(isPair ? { loader: wanted.target } : {}),
      ...(hasBin ? { weights: 'wgsl.bin' } : {}),
    }
    results.push(await printTarget(prepared, wanted, shared))
  }
  const commandLine = options.commandLine ?? commandLineOf(each[0]!)
  const chooser = isPair ? printChooser(results[0]!.plan, { ...options, version, commandLine }) : []
  const last = targets.findLastIndex(target => target !== 'c')
  return {
    files: [...results.flatMap(({ files }) => files), ...chooser],
    summaries: results.map(({ summary }, k) => (k === last ? withFiles(summary, chooser) : summary)),
    warnings: prepared.warnings,
  }
}

/** What belongs to two targets is among the files of the later one. */
const withFiles = (summary: Summary, more: readonly SourceFile[]): Summary => ({
  ...summary,
  files: [...summary.files, ...more.map(({ path }) => path)],
})
