import type { PrintOptions } from './backends/backend.ts'
import type { Target } from './backends/registry.ts'
import type { InputForm } from './frontend/adapt-inputs.ts'
import type { ReadOptions } from './frontend/read-options.ts'
import type { RunOptions, Stage } from './passes/pass.ts'

/** What decides which graph is made of a model; how it is printed comes later. */
export interface PrepareOptions extends ReadOptions, InputForm, Omit<RunOptions, 'operators'> {
  /** What is done to the graph; a test may put a fault into it. */
  readonly stages?: readonly Stage[]
}

/** All that a caller may decide; `options.ts` says of each what it takes and what it is for. */
export interface CompileOptions
  extends Omit<PrepareOptions, 'name' | 'stages'>,
    Omit<PrintOptions, 'version' | 'shared'> {
  readonly target: Target
  /** Prefix of files and symbols, made a legal identifier. */
  readonly name: string
}
