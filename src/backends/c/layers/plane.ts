import type { Call } from '../../../plan/plan.ts'
import { endTap, firstTap } from '../functions/plain.ts'
import { linear } from '../names.ts'
import { body, commentOf, type Layer, parametersOf, type Scope, storeText } from './layer.ts'
import { rowStart, windowContext, windowTitle } from './windows.ts'

/** Columns whose sums are kept on the stack. */
const MOST_COLUMNS = 1024

/** Whether a convolution is of one channel with one filter, such as a K map's: then lanes are not filters, but columns. */
export const isPlane = ({ params, store, buffers }: Call<'conv2d'>): boolean =>
  params.filters === 1 &&
  params.channels === 1 &&
  params.outWidth <= MOST_COLUMNS &&
  store.result !== 'bit' &&
  buffers.x.element === 'f32' &&
  buffers.weights.element === 'f32'

export function planeLayer(call: Call<'conv2d'>, scope: Scope): Layer {
  const { params, store, buffers } = call
  const { inHeight, inWidth, outHeight, outWidth, kernelHeight, kernelWidth, dilationX, padLeft } = params
  const shapes = `[${inHeight}][${inWidth}] to [${outHeight}][${outWidth}]`
  const title = `Float convolution ${kernelHeight}x${kernelWidth} of a plane${windowTitle(params)}: ${shapes}.`
  const tapLeft = linear('kx', dilationX, -padLeft)
  const context = {
    ...windowContext(params, call, 1, scope),
    outWidth,
    comment: commentOf(call, title, scope),
    weights: scope.constants.symbolOf(buffers.weights),
    taps: kernelWidth,
    inWidth,
    tapLeft,
    firstTap: scope.use(firstTap),
    endTap: scope.use(endTap),
    stride: params.strideX,
    xRow: rowStart(params),
    xColumn: `${linear('column', params.strideX, 0)} + ${tapLeft}`,
    value: storeText(store, ['row', 'column', '0'], scope),
  }
  return { ...body('c/kernels/plane.c', context), byRows: true, parameters: parametersOf(call, { x: buffers.x }) }
}
