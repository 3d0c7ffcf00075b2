import type { LowerOptions } from '../lower/index.ts'
import type { Plan } from '../plan/plan.ts'
import type { Strategy } from './strategy.ts'

export interface SourceFile {
  readonly path: string
  readonly content: string | Uint8Array
}

/** Instruction sets that generated C may have functions for, worst first; the best that a machine has runs. */
export const isas = ['portable', 'neon', 'sse4', 'avx2', 'avx512'] as const
export type Isa = (typeof isas)[number]

/** What there is to choose from: portable code is always there. */
export const vectorIsas = isas.filter(isa => isa !== 'portable')

/** Where the constants of generated C are: in the source, or in a file of their own. */
export const constantPlaces = ['inline', 'file'] as const
export type ConstantPlace = (typeof constantPlaces)[number]

/** What generated C can be made a package of. */
export const packageKinds = ['cmake', 'zephyr', 'esp-idf', 'arduino', 'platformio', 'python'] as const
export type PackageKind = (typeof packageKinds)[number]

export type FpContract = 'on' | 'off'

export interface PrintOptions {
  /** Version of xnorc, for the header comment. */
  readonly version: string
  /** Options of the compiler as the user would type them, for the header comment. */
  readonly commandLine?: string
  /** Whether the generated code can report what every layer computed. */
  readonly trace?: boolean
  /** C: instruction sets to include; all by default. Portable code is always there. */
  readonly isa?: readonly Isa[]
  /** C: `file` puts the constants into NAME.bin, which the run function takes a pointer to; `inline` by default. */
  readonly constants?: ConstantPlace
  /** C: whether compilers may fuse a product and a sum. `off`: every compiler and chip gets the same floats. */
  readonly fpContract?: FpContract
  /** C: also the files around it that make it a package. */
  readonly package?: PackageKind
  /** WASM: also the readable text of the module. */
  readonly wat?: boolean
  /** WASM: products and sums of floats as one instruction, which rounds once or twice, as the chip likes. */
  readonly relaxedSimd?: boolean
  /** WASM, WGSL: everything inside the .js file instead of beside it. */
  readonly inline?: boolean
  /** WASM, WGSL: what the classes are called, which the loader exports. */
  readonly labels?: readonly string[]
  /** Where several targets share a folder: what their files end in, of those that more than one of them has. */
  readonly shared?: SharedNames
}

export interface SharedNames {
  /** Of a loader: NAME.wasm.js and NAME.wasm.d.ts for `wasm`; nothing by default. */
  readonly loader?: string
  /** Of WGSL's weights; by default `bin`. */
  readonly weights?: string
}

/** NAME.js and NAME.d.ts, without their ending. */
export const loaderStem = (name: string, { shared }: PrintOptions): string =>
  shared?.loader ? `${name}.${shared.loader}` : name

/** What the generated code needs, in bytes. */
export interface Sizes {
  /** All constants as they are emitted, weights arranged and padded. */
  readonly constantBytes: number
  readonly workspaceBytes: number
  /** Per call, in order: its constants. One that several calls share counts for the first. */
  readonly calls: readonly {
    readonly name: string
    readonly origin: readonly string[]
    readonly constantBytes: number
    /** Where there is a choice: what is done, and what would cost more. */
    readonly strategies?: readonly Strategy[]
  }[]
}

/** Prints a plan in one language. The same plan and options give the same bytes. */
export interface Backend {
  readonly name: string
  /** How plans for this backend are made. */
  readonly lowering: LowerOptions
  readonly print: (plan: Plan, options: PrintOptions) => readonly SourceFile[] | Promise<readonly SourceFile[]>
  readonly measure: (plan: Plan) => Sizes
}
