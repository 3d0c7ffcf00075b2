import type { PrintOptions } from './backends/backend.ts'
import type { Target } from './backends/registry.ts'
import type { PrepareOptions } from './prepare.ts'

/** All that a caller may decide; `options.ts` says of each what it takes and what it is for. */
export interface CompileOptions
  extends Omit<PrepareOptions, 'name' | 'stages'>,
    Omit<PrintOptions, 'version' | 'shared'> {
  readonly target: Target
  /** Prefix of files and symbols, made a legal identifier. */
  readonly name: string
}
