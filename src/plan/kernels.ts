import type { Expr } from '../ir/expr.ts'
import type { Reduction } from '../ir/ops.ts'
import type { DType } from '../ir/tensor.ts'
import type { Buffer } from './buffer.ts'

/**
 * Every kernel a backend must supply, with its buffers and its compile-time parameters.
 *
 * Images are [rows][columns][channels] with rows = images × height. Bits are packed along the channels into u32 words,
 * channel c in bit c % 32 of word c / 32, unused high bits zero; `words` = ceil(channels / 32).
 */
export interface Kernels {
  /** y = expr(operands), elementwise over `sizes`. */
  map: { buffers: Record<never, never>; params: ByRows & { readonly sizes: readonly number[] } }

  /** f32 accumulators: sums of products. Weights f32 or u32, [filters][kernel y][kernel x][channels per group]. */
  conv2d: { buffers: { x: Buffer; weights: Buffer }; params: ConvolutionParams }

  /**
   * i32 accumulators: sums of ±1 products over the taps inside the image. x: u32 [rows][columns][groups][words];
   * weights: u32 [filters][kernel y][kernel x][words], tail bits zero in both, so that they cancel in xor.
   */
  binaryConv2d: { buffers: { x: Buffer; weights: Buffer }; params: ConvolutionParams & { readonly words: number } }

  /**
   * i32 accumulators: over the taps inside the image, the tap's offset and its products. x: u8 [rows][columns][channels];
   * weights: i32 of 23 bits [filters][kernel y][kernel x][channels per group]; offsets: i32 [filters][kernel y][kernel x].
   */
  integerConv2d: { buffers: { x: Buffer; weights: Buffer; offsets: Buffer }; params: ConvolutionParams }

  /** Maximum or mean of f32 or i32 over windows; a mean divides by the taps inside the image and its `counted` border. */
  pool: { buffers: { x: Buffer }; params: PoolParams & { readonly kind: 'max' | 'mean' } }

  /** OR of packed words over windows; `channels` bits in `words` words. The store is always the identity. */
  poolBits: { buffers: { x: Buffer }; params: PoolParams & { readonly words: number } }

  /** Reduces f32 or i32 over `inner` (strides into x) for every position of `sizes` (strides into x). */
  reduce: {
    buffers: { x: Buffer }
    params: ByRows & {
      readonly kind: Reduction
      readonly sizes: readonly number[]
      readonly strides: readonly number[]
      readonly innerSizes: readonly number[]
      readonly innerStrides: readonly number[]
    }
  }

  /** y[i] = row indices[i] of the table; `length` elements (or words) a row. An index outside the table stops the run. */
  gather: {
    buffers: { table: Buffer; indices: Buffer }
    params: { readonly count: number; readonly rows: number; readonly length: number }
  }

  /** Every element of y (words, if packed) = value. */
  fill: { buffers: Record<never, never>; params: { readonly value: number } }

  /** y[to + Σ i·toStrides] = x[from + Σ i·fromStrides] over sizes: transpose, slice, and the parts of concat and pad. */
  copy: { buffers: { x: Buffer }; params: CopyParams }

  /**
   * The same on single bits: offsets and strides count bits, a row of channels taking 32 · words of them. The bits that
   * it writes are zero before (a fill precedes it), so OR is enough.
   */
  copyBits: { buffers: { x: Buffer }; params: CopyParams }
}

export type KernelName = keyof Kernels

/** Of what follows in a strip: the first of its sizes is the strip's rows, of which y keeps one or all. */
export interface ByRows {
  readonly rowsKept?: number
}

/** What slides over an image. Padding needs only its top and left: the result's size says the rest. */
export interface WindowParams {
  readonly images: number
  readonly inHeight: number
  readonly inWidth: number
  readonly outHeight: number
  readonly outWidth: number
  readonly kernelHeight: number
  readonly kernelWidth: number
  readonly strideY: number
  readonly strideX: number
  readonly dilationY: number
  readonly dilationX: number
  readonly padTop: number
  readonly padLeft: number
  /** Rows that x and y hold: all of them, or a ring (row r is kept at r % ring) where a strip reuses them. */
  readonly inRing: number
  readonly outRing: number
  /** Where the pixels of the result lie in a wider y, a concatenation: so many elements apart, the first at `from`. */
  readonly within?: { readonly pitch: number; readonly from: number }
}

export interface ConvolutionParams extends WindowParams {
  readonly groups: number
  /** Input channels of one group. */
  readonly channels: number
  readonly filters: number
}

export interface PoolParams extends WindowParams {
  readonly channels: number
  /** Rows and columns outside the image that a mean counts: top, left, bottom, right. */
  readonly counted: readonly [number, number, number, number]
}

export interface CopyParams {
  readonly sizes: readonly number[]
  readonly from: number
  readonly fromStrides: readonly number[]
  readonly to: number
  readonly toStrides: readonly number[]
}

/**
 * How a kernel's result reaches y: an expression over the accumulator (argument 0) and operands (1, 2, …). A `map` has
 * no accumulator: its operands are the arguments 0, 1, …. Every argument occurs in the expression.
 */
export interface Store {
  /** `threshold`: all that is stored is the bit `accumulator >= operand`, a constant per filter and the only operand. */
  readonly kind: 'value' | 'threshold'
  readonly expr: Expr
  readonly accumulator: DType | undefined
  readonly operands: readonly Operand[]
  /** dtype of the result; `bit` means packed along the last axis. u8 and i64 are only moved, never computed. */
  readonly result: DType
  /** Whether i32 arithmetic of the expression, or of a sum before it, may leave 32 bits: it wraps around there. */
  readonly wraps: boolean
}

/** A buffer read by an expression, with a stride per axis of the result ([row, column, channel], or map's sizes). */
export interface Operand {
  readonly buffer: Buffer
  /** What the expression sees; `bit` operands are packed words and the last stride is 0 or 1 bits, the others words. */
  readonly dtype: DType
  readonly strides: readonly number[]
}
