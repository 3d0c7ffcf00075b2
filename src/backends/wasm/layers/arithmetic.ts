import type { ConvolutionParams } from '../../../plan/kernels.ts'
import type { Buffer } from '../../../plan/plan.ts'

/** How elements of 32 bits are multiplied and added. */
export interface Arithmetic {
  readonly accumulator: 'f32' | 'i32'
  /** Text of an element of x, made of the byte in local `turn`. */
  readonly widened: string
  readonly arrange: (weights: Buffer, params: ConvolutionParams) => Float32Array | Int32Array
  /** Lines before the columns of a row. */
  readonly startRow: readonly string[]
  /** Lines that start the sums of column `column` + p in these locals. */
  readonly start: (p: number, accumulators: readonly string[]) => readonly string[]
  readonly sum: (sum: string, x: string, weights: string) => string
}
