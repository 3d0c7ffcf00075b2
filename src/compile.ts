import type { SharedNames, SourceFile } from './backends/backend.ts'
import { checkLabels } from './backends/js/labels.ts'
import { loadBackend } from './backends/registry.ts'
import { checkBytes, checkOptions } from './check-options.ts'
import type { CompileOptions } from './compile-options.ts'
import type { Diagnostic } from './ir/diagnostic.ts'
import { lower } from './lower/index.ts'
import { commandLineOf } from './options.ts'
import type { Plan } from './plan/plan.ts'
import { type Prepared, prepare } from './prepare.ts'
import { type Summary, summarise } from './summary.ts'
import { version } from './version.ts'

export type { CompileOptions }

export interface CompileResult {
  readonly files: readonly SourceFile[]
  readonly summary: Summary
  readonly warnings: readonly Diagnostic[]
}

/**
 * The whole compiler: ONNX bytes to source files. Throws a CompileError that lists every reason why the model cannot
 * be compiled, and a TypeError for options and bytes that are none. The same bytes and options give the same files.
 */
export async function compile(bytes: Uint8Array, options: CompileOptions): Promise<CompileResult> {
  checkBytes(bytes)
  checkOptions(options)
  const prepared = await prepare(bytes, options)
  const { files, summary } = await printTarget(prepared, options)
  return { files, summary, warnings: prepared.warnings }
}

/** The second half of the road: the graph to the files of one target, with names for those that several targets share. */
export async function printTarget(
  prepared: Prepared,
  options: CompileOptions,
  shared?: SharedNames,
): Promise<{ readonly plan: Plan; readonly files: readonly SourceFile[]; readonly summary: Summary }> {
  const { target } = options
  const backend = await loadBackend(target)
  const plan = lower(prepared.graph, backend.lowering)
  checkLabels(plan.outputs, options.labels)
  const commandLine = options.commandLine ?? commandLineOf(options)
  const files = await backend.print(plan, { ...options, version, commandLine, ...(shared ? { shared } : {}) })
  return { plan, files, summary: summarise({ ...prepared, plan, target, files, sizes: backend.measure(plan) }) }
}
