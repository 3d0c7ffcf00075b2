import type { DType, Shape } from '../ir/tensor.ts'
import type { KernelName, Kernels, Store } from './kernels.ts'

/** Element of a buffer in memory; bits are packed into u32 words. */
export type Element = 'f32' | 'i32' | 'u32' | 'u8' | 'i8' | 'i64'

export type Place =
  /** The caller's, in the order of Plan.inputs and Plan.outputs. */
  | { readonly kind: 'input' | 'output' }
  /** In its neutral packed form; how a kernel wants its weights arranged is its backend's business. */
  | { readonly kind: 'constant'; readonly data: Float32Array | Int32Array | Uint32Array | Uint8Array }
  /** Bytes from the start of the workspace. */
  | { readonly kind: 'workspace'; readonly offset: number }

export interface Buffer {
  /** A legal identifier, unique in the plan. */
  readonly name: string
  readonly element: Element
  /** In elements. */
  readonly length: number
  readonly place: Place
}

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
    readonly origin: readonly string[]
  }
}[K]

/**
 * What runs in order: a call, or a strip: two calls that share a ring of rows instead of a whole image. For every row
 * of the consumer, the producer first computes the rows that are still missing.
 */
export type Step =
  | { readonly kind: 'call'; readonly call: Call }
  | { readonly kind: 'strip'; readonly producer: Call; readonly consumer: Call }

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
