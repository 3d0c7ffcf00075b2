import { wordsFor } from '../../ir/bits.ts'
import { type Axis, alongColumns, alongRows, lastTap } from '../axis.ts'
import type { WindowParams } from '../kernels.ts'
import type { Call } from '../plan.ts'
import { cType, linear, times } from './names.ts'

/** First and end tap inside the image: numbers where every window lies inside, else computed from its start. */
function tapRange(start: string, axis: Axis): { first: string; end: string } {
  const { padding, dilation, taps, size } = axis
  return {
    first: padding <= 0 ? '0' : `first_tap(${start}, ${dilation})`,
    end: padding <= 0 && lastTap(axis) < size ? `${taps}` : `end_tap(${start}, ${dilation}, ${taps}, ${size})`,
  }
}

/** Loop variables of a store over [row, column, channel]. */
export const imageVariables = ['row', 'column', 'first + lane']

/** What every kernel says that slides a window: its rows and columns, and which taps lie inside the image. */
export function windowContext(params: WindowParams, call: Call, channels: number) {
  const { images, outHeight, outWidth, outRing } = params
  const bits = call.store.result === 'bit'
  const pixel = bits ? wordsFor(channels) : channels
  const vertical = tapRange('top', alongRows(params))
  const across = tapRange('left', alongColumns(params))
  const row = outRing < images * outHeight ? `(row % ${outRing})` : 'row'
  return {
    top: linear(images > 1 ? `row % ${outHeight}` : 'row', params.strideY, -params.padTop),
    left: linear('column', params.strideX, -params.padLeft),
    kyFirst: vertical.first,
    kyEnd: vertical.end,
    kxFirst: across.first,
    kxEnd: across.end,
    yType: cType[call.y.element],
    yStart: `y + ${times(row, outWidth * pixel)}`,
    yPitch: outWidth * pixel,
    yPixel: bits ? `y_row + ${times('column', pixel)}` : `${times('column', pixel)} + first`,
    outWidth,
    bits,
    clears: call.y.element === 'u32',
  }
}

/** The pixel of x, counted from its start, with which the row under tap ky begins. */
export function rowStart(params: WindowParams, tapRow = 'ky'): string {
  const { images, inHeight, inWidth, outHeight, inRing } = params
  const ky = `top + ${linear(tapRow, params.dilationY, 0)}`
  const row = images > 1 ? `row / ${outHeight} * ${inHeight} + ${ky}` : ky
  return times(inRing < images * inHeight ? `((${row}) % ${inRing})` : `(${row})`, inWidth)
}

/** Where in x the pixel under tap (ky, kx) starts for a window whose left edge is at `left`, `pitch` elements a pixel. */
export function pixelStart(params: WindowParams, left: string, pitch: number, tapRow = 'ky'): string {
  const pixel = `${rowStart(params, tapRow)} + ${left} + ${linear('kx', params.dilationX, 0)}`
  return pitch === 1 ? pixel : `(${pixel}) * ${pitch}`
}

/** `, stride 2 2, padding 1 1` for comments. */
export const windowTitle = (params: WindowParams): string =>
  [
    params.strideY * params.strideX > 1 ? `, stride ${params.strideY} ${params.strideX}` : '',
    params.dilationY * params.dilationX > 1 ? `, dilation ${params.dilationY} ${params.dilationX}` : '',
    params.padTop || params.padLeft ? `, padding ${params.padTop} ${params.padLeft}` : '',
    params.images > 1 ? `, ${params.images} images` : '',
  ].join('')

/** What a call's results are, for comments. */
export const resultTitle = ({ store }: Call): string =>
  ({ bit: 'bits', f32: 'floats', i32: 'int32', u8: 'bytes', i8: 'bytes', i64: 'int64' })[store.result]
