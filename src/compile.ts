import type { PrintOptions, SourceFile } from './backends/backend.ts'
import { loadBackend, type Target } from './backends/registry.ts'
import { checkBytes, checkOptions } from './check-options.ts'
import { adaptInputs, type InputForm } from './frontend/adapt-inputs.ts'
import { type ReadOptions, readModel } from './frontend/index.ts'
import type { Diagnostic } from './ir/diagnostic.ts'
import { lower } from './lower/index.ts'
import { type RunOptions, runPasses } from './passes/pass.ts'
import { pipeline } from './passes/pipeline.ts'
import { type Summary, summarise } from './summary.ts'
import { version } from './version.ts'

export interface CompileOptions
  extends Omit<ReadOptions, 'name'>,
    InputForm,
    Omit<RunOptions, 'operators'>,
    Omit<PrintOptions, 'version'> {
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
  const [model, backend] = await Promise.all([readModel(bytes, options), loadBackend(options.target)])
  const { graph, decisions, warnings } = runPasses(adaptInputs(model.graph, options), pipeline, {
    ...options,
    operators: model.operators,
  })
  const plan = lower(graph, backend.lowering)
  const files = await backend.print(plan, { ...options, version })
  return {
    files,
    summary: summarise({ model, graph, decisions, plan, target: options.target, files, sizes: backend.measure(plan) }),
    warnings: [...model.warnings, ...warnings],
  }
}
