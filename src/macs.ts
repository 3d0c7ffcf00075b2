import type { ConvolutionParams } from './plan/kernels.ts'
import { type Call, isConvolutionCall } from './plan/plan.ts'
import { type Axis, alongColumns, alongRows } from './plan/windows.ts'

/** Multiply-accumulates of one run, by what is multiplied: single bits, bytes with integers, floats. */
export interface Macs {
  readonly binary: number
  readonly integer: number
  readonly float: number
}

const none: Macs = { binary: 0, integer: 0, float: 0 }
const kinds = { conv2d: 'float', binaryConv2d: 'binary', integerConv2d: 'integer' } as const

/** What a call multiplies. */
export const macsOf = (call: Call): Macs =>
  isConvolutionCall(call) ? { ...none, [kinds[call.kernel]]: productsOf(call.params) } : none

/** How many products a convolution sums; taps outside the image are not counted, because nobody has to compute them. */
export const productsOf = (params: ConvolutionParams): number =>
  params.images * tapsInside(alongRows(params)) * tapsInside(alongColumns(params)) * params.channels * params.filters

export const addMacs = (list: readonly Macs[]): Macs => ({
  binary: list.reduce((sum, { binary }) => sum + binary, 0),
  integer: list.reduce((sum, { integer }) => sum + integer, 0),
  float: list.reduce((sum, { float }) => sum + float, 0),
})

/** Along one axis, over all results. */
function tapsInside({ results, size, taps, stride, dilation, padding }: Axis): number {
  let count = 0
  for (let position = 0; position < results; position++)
    for (let tap = 0; tap < taps; tap++) {
      const at = position * stride - padding + tap * dilation
      if (at >= 0 && at < size) count++
    }
  return count
}
