import type { SourceFile } from '../src/backends/backend.ts'
import type { Target } from '../src/backends/registry.ts'
import type { CompileOptions } from '../src/compile-options.ts'
import type { Tensor } from '../src/ir/tensor.ts'
import type { Picture } from '../src/report/page/png.ts'
import type { Stage } from '../src/report/report.ts'
import type { Summary } from '../src/summary.ts'

/** What the page lets choose. */
export type Choices = Pick<CompileOptions, 'weights' | 'binarize' | 'scale' | 'signZero'>

export type Feeds = ReadonlyMap<string, Tensor>

export interface Compiled {
  readonly summary: Summary
  readonly warnings: readonly string[]
  /** The kernels, in the order in which they run. */
  readonly stages: readonly Stage[]
  /** Of the compiler alone, from ONNX bytes to the files for WASM. */
  readonly milliseconds: number
  /** The options as they are typed. */
  readonly commandLine: string
  /** Filters of layers that have pictures, by the position of the layer. */
  readonly filters: readonly { readonly layer: number; readonly picture: Picture; readonly about: string }[]
}

/** A picture of what a kernel made of the input. */
export interface Seen {
  readonly stage: number
  readonly what: string
  readonly picture: Picture
  /** Screen pixels per value. */
  readonly scale: number
  /** Channels that are drawn. */
  readonly shown: number
}

/** Tokens that the filters of a text network answer to most. */
export interface Heard {
  readonly tokens: readonly number[]
  /** Of the largest sum that the filter can have. */
  readonly share: number
}

/** A turn of both, medians of all turns so far, in microseconds per run. */
export interface Race {
  readonly turns: number
  readonly xnorc: number
  readonly onnxruntime: number
  /** Largest difference of an output, and of what size outputs are. */
  readonly difference: number
  readonly largest: number
}

/** What the worker does. All of it is on the model that was compiled last. */
export interface Calls {
  readonly compile: (bytes: Uint8Array, name: string, choices: Choices) => Promise<Compiled>
  readonly print: (target: Target) => Promise<readonly SourceFile[]>
  /** Outputs by name; undefined where an index points outside its table. */
  readonly run: (feeds: Feeds) => Promise<Feeds | undefined>
  /** Microseconds per run on the feeds of the last run. */
  readonly time: () => Promise<number>
  /** Inside the last run. */
  readonly look: () => Promise<{ readonly seen: readonly Seen[]; readonly heard: readonly Heard[] }>
  /** Seeded values. */
  readonly makeUp: (seed: number) => Promise<Feeds>
  readonly race: () => Promise<Race>
}

export interface Question {
  readonly id: number
  readonly call: keyof Calls
  readonly args: readonly unknown[]
}

export type Answer = { readonly id: number } & ({ readonly value: unknown } | { readonly reasons: readonly string[] })
