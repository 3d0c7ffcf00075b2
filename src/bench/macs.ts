import type { WindowParams } from '../backends/kernels.ts'
import { type Call, isConvolutionCall } from '../backends/plan.ts'

/** Multiply-accumulates of one run, by what is multiplied: single bits, bytes with integers, floats. */
export interface Macs {
  readonly binary: number
  readonly integer: number
  readonly float: number
}

const none: Macs = { binary: 0, integer: 0, float: 0 }
const kinds = { conv2d: 'float', binaryConv2d: 'binary', integerConv2d: 'integer' } as const

/** What a call multiplies; taps outside the image are not counted, because nobody has to compute them. */
export function macsOf(call: Call): Macs {
  if (!isConvolutionCall(call)) return none
  const { images, channels, filters } = call.params
  const count = images * tapsInRows(call.params) * tapsInColumns(call.params) * channels * filters
  return { ...none, [kinds[call.kernel]]: count }
}

export const addMacs = (list: readonly Macs[]): Macs => ({
  binary: list.reduce((sum, { binary }) => sum + binary, 0),
  integer: list.reduce((sum, { integer }) => sum + integer, 0),
  float: list.reduce((sum, { float }) => sum + float, 0),
})

const tapsInRows = (p: WindowParams): number =>
  tapsInside(p.outHeight, p.strideY, p.padTop, p.kernelHeight, p.dilationY, p.inHeight)

const tapsInColumns = (p: WindowParams): number =>
  tapsInside(p.outWidth, p.strideX, p.padLeft, p.kernelWidth, p.dilationX, p.inWidth)

/** Along one axis, summed over all results. */
function tapsInside(out: number, stride: number, pad: number, taps: number, dilation: number, size: number): number {
  let count = 0
  for (let position = 0; position < out; position++)
    for (let tap = 0; tap < taps; tap++) {
      const at = position * stride - pad + tap * dilation
      if (at >= 0 && at < size) count++
    }
  return count
}
