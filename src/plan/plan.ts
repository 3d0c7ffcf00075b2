import type { DType, Shape } from '../ir/tensor.ts'
import type { Buffer } from './buffer.ts'
import type { KernelName, Kernels, Store } from './kernels.ts'

export type { Buffer, Element, Place } from './buffer.ts'

/** One kernel with everything decided: its buffers, its numbers, what happens to its results. */
export type Call<K extends KernelName = KernelName> = {
  [P in K]: {
    readonly kernel: P
    /** A legal identifier, unique in the plan, after the ONNX node. */
    readonly name: string
    readonly buffers: Kernels[P]['buffers']
    readonly params: Kernels[P]['params']
    readonly store: Store
    readonly y: Buffer
    /** Memory that the kernel alone uses while it runs, if its backend wants any. */
    readonly scratch?: Buffer
    readonly origin: readonly string[]
  }
}[K]

/**
 * What runs in order: a call, or a strip: calls that share rings of rows instead of whole images. For every row of the
 * consumer, the producer first computes the rows that are still missing; the followers then take the row on.
 */
export type Step =
  | { readonly kind: 'call'; readonly call: Call }
  | {
      readonly kind: 'strip'
      readonly producer: Call
      readonly consumer: Call
      /** Maps and reductions of one row at a time, each reading rows of the calls before it. */
      readonly followers: readonly Follower[]
    }

export type Follower = Call<'map' | 'reduce'>

/** Calls of kernels that have weights, which a machine with vectors spends its time in. */
export type ConvolutionCall = Call<'conv2d' | 'binaryConv2d' | 'integerConv2d'>

export const isConvolutionCall = (call: Call): call is ConvolutionCall =>
  call.kernel === 'conv2d' || call.kernel === 'binaryConv2d' || call.kernel === 'integerConv2d'

export interface Port {
  /** The ONNX name. */
  readonly name: string
  readonly buffer: Buffer
  readonly dtype: DType
  readonly shape: Shape
}

/** What every backend prints: buffers and steps. No graph and no decisions left. */
export interface Plan {
  readonly name: string
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  readonly constants: readonly Buffer[]
  readonly workspaceBytes: number
  readonly steps: readonly Step[]
}
