/**
 * Types of imports with a query; TypeScript finds those of a plain `./net.onnx` in the file that the plugin writes.
 * `/// <reference types="xnorc/client" />`, or "types": ["xnorc/client"] in tsconfig.json.
 */
type XnorcArray = Float32Array | Int32Array | Uint8Array | Int8Array | BigInt64Array | Uint32Array
type XnorcFeeds = {
  readonly [input: string]:
    | XnorcArray
    | Uint8ClampedArray
    | { readonly width: number; readonly height: number; readonly data: Uint8ClampedArray }
}
type XnorcResults = { readonly [output: string]: XnorcArray }
interface XnorcPort {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
}
interface XnorcModel {
  readonly inputs: readonly XnorcPort[]
  readonly outputs: readonly XnorcPort[]
}
interface XnorcWasm extends XnorcModel {
  run(inputs: XnorcFeeds, outputs?: XnorcResults): XnorcResults
}
interface XnorcGpu extends XnorcModel {
  run(inputs: XnorcFeeds, outputs?: XnorcResults): Promise<XnorcResults>
  destroy(): void
}
interface XnorcEither extends XnorcGpu {
  readonly engine: 'webgpu' | 'wasm'
}
interface XnorcLoadOptions {
  readonly warm?: boolean
  readonly allowNaN?: boolean
}
interface XnorcGpuOptions extends XnorcLoadOptions {
  readonly device?: object
  readonly maxBatch?: number
}

declare module '*.onnx?wasm' {
  export const lengths: { readonly [port: string]: number }
  export function load(options?: XnorcLoadOptions): Promise<XnorcWasm>
  export function argmax(values: ArrayLike<number> | ArrayLike<bigint>): number
  export function softmax(values: ArrayLike<number>): Float32Array
}

declare module '*.onnx?wgsl' {
  export const lengths: { readonly [port: string]: number }
  export function load(options?: XnorcGpuOptions): Promise<XnorcGpu>
  export function argmax(values: ArrayLike<number> | ArrayLike<bigint>): number
  export function softmax(values: ArrayLike<number>): Float32Array
}

declare module '*.onnx?wasm,wgsl' {
  export const lengths: { readonly [port: string]: number }
  export function load(options?: XnorcGpuOptions & { readonly prefer?: 'webgpu' | 'wasm' }): Promise<XnorcEither>
  export function argmax(values: ArrayLike<number> | ArrayLike<bigint>): number
  export function softmax(values: ArrayLike<number>): Float32Array
}
