import type { DType, Shape } from '../ir/tensor.ts'
import type { Judgement } from '../run/judge.ts'
import type { LayerSummary, PortSummary, Totals } from '../summary.ts'
import type { BiasFigures, ConstantFigures, FilterFigures, SignFigures, WeightFigures } from './figures.ts'

export type * from './figures.ts'

/** Of the structure below: it rises where a field changes its meaning or goes away. */
export const REPORT_VERSION = 1

/** One value that the generated code computes: what is drawn as a station of the network. */
export interface Stage {
  /** Position in the order in which they run; the inputs come first. */
  readonly id: number
  readonly name: string
  /** Of the intermediate language: `binaryConv2d`, `pool`, … */
  readonly op: string
  /** The ONNX nodes that became this kernel, and their operators. */
  readonly from: readonly { readonly name: string; readonly op: string }[]
  readonly dtype: DType
  readonly shape: Shape
  /** In memory, bits packed. */
  readonly bytes: number
  /** Stages that it reads. */
  readonly reads: readonly number[]
  /** Whether it is only ever held as a ring of rows that the next stage reads. */
  readonly ring: boolean
  /** XNOR-Net's K: the mean magnitude of the input around a pixel, by which a layer of bits multiplies its sums. */
  readonly kMap?: true
  /** Index into `layers`, where it has weights. */
  readonly layer?: number
  readonly output?: string
}

export interface Layer extends LayerSummary {
  readonly stage: number
  /** Bytes of the workspace that are in use while it runs. */
  readonly aliveBytes: number
  /** Of the processor, of the step that it runs in, with the best instruction set; where a C compiler is installed. */
  readonly microseconds?: number
  readonly strategy: Strategy
  /** The same step with each instruction set that this machine has, the best first. */
  readonly times?: readonly LayerTime[]
}

/** How the generated C computes a layer. */
export interface Strategy {
  /** Its template: `conv2d`, `plane`, `gather`, … */
  readonly kernel: string
  /** The inner loops that it calls and, for each instruction set that has its own, the best first, the function. */
  readonly functions: readonly { readonly name: string; readonly variants: readonly { isa: string; name: string }[] }[]
}

export interface LayerTime {
  readonly isa: string
  readonly microseconds: number
  /** 1: as fast as the inner loops would be on data in L1. */
  readonly peakShare?: number
}

/** A buffer of the workspace. */
export interface MemoryBlock {
  readonly stage: number | null
  readonly name: string
  readonly offset: number
  readonly bytes: number
  /** First and last step that touches it. */
  readonly first: number
  readonly last: number
}

/** What runs at once: a kernel, or two that share a ring of rows. */
export interface MemoryStep {
  readonly name: string
  readonly stages: readonly number[]
  /** In use. */
  readonly bytes: number
}

export interface Memory {
  readonly workspaceBytes: number
  /** Most bytes in use at once; the rest of the workspace is gaps. */
  readonly peakBytes: number
  readonly steps: readonly MemoryStep[]
  readonly blocks: readonly MemoryBlock[]
}

export interface Accuracy {
  readonly samples: number
  readonly classes: number
  readonly generated: Judgement
  readonly twin?: Judgement & { readonly bytes: number }
  /** Samples that only one of the two gets right; those that are shown on the page. */
  readonly onlyGenerated?: number
  readonly onlyTwin?: number
  readonly shown?: readonly Disagreement[]
}

export interface Disagreement {
  readonly sample: number
  readonly label: number
  readonly generated: number
  readonly twin: number
}

/** An n-gram of the tokens that a filter answers to most in a sample. */
export interface Gram {
  readonly stage: number
  readonly filter: number
  readonly position: number
  readonly tokens: readonly number[]
  readonly sum: number
  /** Of the largest sum that the filter can have. */
  readonly share: number
}

export interface ShownSample {
  /** Index in the data, or the seed of made-up values. */
  readonly sample: number
  readonly label?: number
  readonly outputs: readonly number[]
  readonly tokens?: readonly number[]
  readonly grams?: readonly Gram[]
  readonly stages: readonly { readonly stage: number; readonly minimum: number; readonly maximum: number }[]
}

/** How weights or biases of a layer are spread: bin k counts what is in [start + k · width, start + (k + 1) · width). */
export interface ParameterSpread {
  /** As the training script has it: `4.op.weight`. */
  readonly name: string
  readonly shape: Shape
  readonly start: number
  readonly width: number
  readonly counts: readonly number[]
}

/** An epoch of `train.py --log`. */
export interface Epoch {
  readonly epoch: number
  /** How many the recipe takes. */
  readonly epochs?: number
  /** Of the test set. */
  readonly loss: number
  readonly accuracy: number
  readonly trainLoss?: number
  readonly parameters?: readonly ParameterSpread[]
}

/** All figures of the page. Histograms and shares are counted, not estimated, over the samples that are named. */
export interface Report {
  readonly version: typeof REPORT_VERSION
  readonly xnorc: string
  readonly name: string
  readonly modelBytes: number
  readonly inputs: readonly PortSummary[]
  readonly outputs: readonly PortSummary[]
  /** What the classes are called, where names were given. */
  readonly labels?: readonly string[]
  readonly constantBytes: number
  readonly workspaceBytes: number
  readonly totals: Totals
  readonly warnings: readonly string[]
  readonly samples: {
    /** A file's name, or seeded values. */
    readonly source: string
    readonly seeded: boolean
    readonly count: number
    /** The first so many of them, which signs and sums are counted over. */
    readonly probed: number
    readonly computedBy: 'generated C' | 'interpreter'
    /** Why the interpreter, if so. */
    readonly note?: string
  }
  readonly stages: readonly Stage[]
  readonly layers: readonly Layer[]
  readonly memory: Memory
  readonly filters: readonly FilterFigures[]
  readonly weights: readonly WeightFigures[]
  readonly biases: readonly BiasFigures[]
  readonly constants: readonly ConstantFigures[]
  readonly signs: readonly SignFigures[]
  readonly shown: readonly ShownSample[]
  readonly accuracy?: Accuracy
  readonly training?: readonly Epoch[]
  /** Name of the file that `training` is from. */
  readonly trainingSource?: string
}
