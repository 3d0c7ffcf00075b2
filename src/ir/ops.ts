import type { Expr } from './expr.ts'
import type { Node } from './node.ts'
import type { Shape, Tensor } from './tensor.ts'

export type Pair = readonly [vertical: number, horizontal: number]
export type Padding = readonly [top: number, left: number, bottom: number, right: number]

export interface Window {
  readonly stride: Pair
  readonly dilation: Pair
  /** Rows and columns added around the image. A tap there adds nothing to a sum and never wins a maximum. */
  readonly padding: Padding
}

/**
 * What a reducing op does with its result before it is stored: an expression over the result (argument 0) and over
 * the op's extra operands (arguments 1, 2, …), which broadcast to the result's shape. Bias, alpha, K map, batch
 * normalisation, ReLU, threshold and sign are all such expressions; `arg(0)` stores the result as it is.
 */
export interface Epilogue {
  readonly epilogue: Expr
}

export type Reduction = 'sum' | 'mean' | 'max' | 'min'

/**
 * The whole language: every op with its operands and attributes. Adding an op starts here.
 * Spatial ops (convolutions and pool) take images as NHWC and weights as OHWI; all others keep ONNX's axis order.
 * A dense layer is a convolution of a 1×1 image.
 */
export interface Ops {
  input: { operands: readonly []; attrs: { readonly name: string } }
  constant: { operands: readonly []; attrs: { readonly value: Tensor } }

  /** Elementwise: the expression over all operands, which broadcast (same rank) to the result's shape. */
  map: { operands: readonly Node[]; attrs: { readonly expr: Expr } }

  /** f32 sums of products. x: f32[N,H,W,groups·I], weights: f32 or bit [O,kh,kw,I]. */
  conv2d: {
    operands: readonly [x: Node, weights: Node, ...extras: Node[]]
    attrs: Window & Epilogue & { readonly groups: number }
  }
  /**
   * i32 sums of products of ±1. x: bit[N,H,W,I], or bit[N,H,W,groups,I] so that every group starts on a word;
   * weights: bit[O,kh,kw,I].
   */
  binaryConv2d: {
    operands: readonly [x: Node, weights: Node, ...extras: Node[]]
    attrs: Window & Epilogue & { readonly groups: number }
  }
  /**
   * i32 sums over the taps inside the image, each of which adds its offset and its products. x: u8[N,H,W,groups·I];
   * constants of i32: weights [O,kh,kw,I] of 23 bits and offsets [O,kh,kw,1], so small that no sum leaves 32 bits.
   */
  integerConv2d: {
    operands: readonly [x: Node, weights: Node, offsets: Node, ...extras: Node[]]
    attrs: Window & Epilogue & { readonly groups: number }
  }
  /**
   * Maximum (of f32, i32, or bits: their OR) or mean (of f32) over windows of an image.
   * `counted` is the part of the padding that a mean divides by: all of it for ONNX's count_include_pad.
   */
  pool: {
    operands: readonly [x: Node, ...extras: Node[]]
    attrs: Window & Epilogue & { readonly kind: 'max' | 'mean'; readonly kernel: Pair; readonly counted: Padding }
  }
  /** Over whole axes, which stay with size 1. */
  reduce: {
    operands: readonly [x: Node, ...extras: Node[]]
    attrs: Epilogue & { readonly kind: Reduction; readonly axes: readonly number[] }
  }

  /** Rows of a table: table[V, …], indices i32 or i64 of any shape → indices' shape followed by the row's. */
  gather: { operands: readonly [table: Node, indices: Node]; attrs: Readonly<Record<never, never>> }
  reshape: { operands: readonly [x: Node]; attrs: { readonly shape: Shape } }
  /** Axis k of the result is axis perm[k] of x. */
  transpose: { operands: readonly [x: Node]; attrs: { readonly perm: readonly number[] } }
  concat: { operands: readonly Node[]; attrs: { readonly axis: number } }
  /** starts and steps per axis; sizes are the result's. */
  slice: {
    operands: readonly [x: Node]
    attrs: { readonly starts: readonly number[]; readonly sizes: Shape; readonly steps: readonly number[] }
  }
  /** value is added around every axis; for bits it is 0 (-1) or 1 (+1). */
  pad: {
    operands: readonly [x: Node]
    attrs: { readonly before: readonly number[]; readonly after: readonly number[]; readonly value: number }
  }
}
