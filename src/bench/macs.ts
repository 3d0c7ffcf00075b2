import type { WindowParams } from '../backends/kernels.ts'
import type { Call } from '../backends/plan.ts'

/** Multiply-accumulates of one run: of single bits, and of floats. */
export interface Macs {
  readonly binary: number
  readonly float: number
}

/** What a call multiplies; taps outside the image are not counted, because nobody has to compute them. */
export function macsOf(call: Call): Macs {
  if (call.kernel !== 'conv2d' && call.kernel !== 'binaryConv2d') return { binary: 0, float: 0 }
  const { images, channels, filters } = call.params
  const count = images * tapsInRows(call.params) * tapsInColumns(call.params) * channels * filters
  return call.kernel === 'binaryConv2d' ? { binary: count, float: 0 } : { binary: 0, float: count }
}

export const addMacs = (list: readonly Macs[]): Macs => ({
  binary: list.reduce((sum, { binary }) => sum + binary, 0),
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
