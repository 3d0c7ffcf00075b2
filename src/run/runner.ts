import type { SourceFile } from '../backends/backend.ts'
import type { Tensor, TensorType } from '../ir/tensor.ts'
import type { LowerOptions } from '../lower/index.ts'
import type { Plan } from '../plan/plan.ts'

/** What generated code takes and gives: that of a plan, or of a summary. */
export interface Interface {
  readonly name: string
  readonly inputs: readonly (TensorType & { readonly name: string })[]
  readonly outputs: readonly (TensorType & { readonly name: string })[]
}

/** Values for the inputs of one run, by their ONNX names. */
export type Feeds = ReadonlyMap<string, Tensor>

/** Part of a layer's result as it lies in memory, `offset` bytes from its start. */
export interface Piece {
  /** Of the buffer in the plan. */
  readonly name: string
  readonly offset: number
  readonly bytes: Uint8Array
}

export interface Run {
  /** What the generated code returned: 0, or 1 where an index was out of range. */
  readonly status: number
  readonly outputs: ReadonlyMap<string, Tensor>
  /** By the clock, where the program measures it. */
  readonly microseconds?: number
  /** Every layer's result, in the order in which they were computed; nothing unless the files were made with `trace`. */
  readonly trace: readonly Piece[]
}

/** Generated code that was built. */
export interface Program {
  readonly run: (feeds: readonly Feeds[]) => Promise<Run[]>
  /** Removes what was built. */
  readonly dispose: () => Promise<void>
}

/** Builds and runs the generated code of one target: the files that the backend printed for a plan. */
export interface Runner {
  readonly target: string
  /** How plans are made whose every layer can be seen, where that differs from the backend's own. */
  readonly tracedLowering?: LowerOptions
  /** Throws where what it needs on this machine is missing. */
  readonly build: (files: readonly SourceFile[], plan: Plan, options: { readonly trace: boolean }) => Promise<Program>
}
