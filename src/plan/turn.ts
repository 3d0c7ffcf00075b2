import type { ConvolutionCall } from './plan.ts'
import { turned } from './windows.ts'

/** The call with rows and columns exchanged: the same where the image and the kernel are one row, or one column. */
export function turnedCall<C extends ConvolutionCall>(call: C): C {
  const operands = call.store.operands.map(({ strides: [row, column, channel], ...rest }) => ({
    ...rest,
    strides: [column!, row!, channel!],
  }))
  return { ...call, params: { ...call.params, ...turned(call.params) }, store: { ...call.store, operands } }
}

/** Whether a convolution makes a column of a column, of which a strip wants some rows at a time, or all. */
export const isColumn = ({ params }: ConvolutionCall): boolean =>
  params.images * params.inWidth * params.kernelWidth * params.outWidth === 1 &&
  params.padLeft === 0 &&
  params.outHeight > 1 &&
  params.inRing === params.inHeight
