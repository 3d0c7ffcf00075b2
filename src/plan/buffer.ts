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
