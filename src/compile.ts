import type { PrintOptions, SourceFile } from './backends/backend.ts'
import { loadBackend, type Target } from './backends/registry.ts'
import { checkBytes, checkOptions } from './check-options.ts'
import type { Diagnostic } from './ir/diagnostic.ts'
import { lower } from './lower/index.ts'
import { type PrepareOptions, prepare } from './prepare.ts'
import { type Summary, summarise } from './summary.ts'
import { version } from './version.ts'

export interface CompileOptions extends Omit<PrepareOptions, 'name' | 'stages'>, Omit<PrintOptions, 'version' | 'shared'> {
  readonly target: Target
  /** Prefix of files and symbols, made a legal identifier. */
  readonly name: string
}

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
  const [prepared, backend] = await Promise.all([prepare(bytes, options), loadBackend(options.target)])
  const plan = lower(prepared.graph, backend.lowering)
  const files = await backend.print(plan, { ...options, version })
  return {
    files,
    summary: summarise({ ...prepared, plan, target: options.target, files, sizes: backend.measure(plan) }),
    warnings: prepared.warnings,
  }
}
