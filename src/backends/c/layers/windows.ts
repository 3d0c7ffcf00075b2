import { wordsFor } from '../../../ir/bits.ts'
import type { WindowParams } from '../../../plan/kernels.ts'
import type { Call } from '../../../plan/plan.ts'
import { type Axis, alongColumns, alongRows, lastTap } from '../../../plan/windows.ts'
import { endTap, firstTap, orBits } from '../functions/plain.ts'
import { cType, inParentheses, linear, plus, sumText, times } from '../names.ts'
import type { Scope } from './layer.ts'

/** First and end tap inside the image: numbers where every window lies inside, else computed from its start. */
function tapRange(start: string, axis: Axis, { use }: Scope): { first: string; end: string } {
  const { padding, dilation, taps, size } = axis
  return {
    first: padding <= 0 ? '0' : `${use(firstTap)}(${start}, ${dilation})`,
    end: padding <= 0 && lastTap(axis) < size ? `${taps}` : `${use(endTap)}(${start}, ${dilation}, ${taps}, ${size})`,
  }
}

/** Loop variables of a store over [row, column, channel], for lanes from channel `first` on. */
export const imageVariables = (first = 'first', column = 'column'): string[] => [
  'row',
  column,
  first === '0' ? 'lane' : `${first} + lane`,
]

/** Elements from one pixel of y to the next. */
const pixelPitch = ({ store, params }: Call, channels: number): number =>
  store.result === 'bit' ? wordsFor(channels) : ('within' in params && params.within?.pitch) || channels

/** What every kernel says that slides a window: its rows and columns, and which taps lie inside the image. */
export function windowContext(params: WindowParams, call: Call, channels: number, scope: Scope) {
  const { images, outHeight, outWidth, outRing, within } = params
  const pixel = pixelPitch(call, channels)
  const vertical = tapRange('top', alongRows(params), scope)
  const row = outRing === 1 ? '0' : outRing < images * outHeight ? `(row % ${outRing})` : 'row'
  return {
    eachImageRow: 'for (int row = first_row; row < end_row; row++) {',
    top: linear(images > 1 ? `row % ${outHeight}` : 'row', params.strideY, -params.padTop),
    kyFirst: vertical.first,
    kyEnd: vertical.end,
    yType: cType[call.y.element],
    yStart: `y${plus(times(row, outWidth * pixel))}${plus(`${within?.from ?? 0}`)}`,
    yPitch: outWidth * pixel,
    clears: call.y.element === 'u32',
    clearsIf: '',
  }
}

/** Where a kernel that computes its results value by value puts those of a pixel. */
export function storedContext(call: Call, channels: number, { use }: Scope, first = 'first', column = 'column') {
  const bits = call.store.result === 'bit'
  const pixel = times(inParentheses(column), pixelPitch(call, channels))
  return {
    bits,
    yPixel: bits ? `y_row${plus(pixel)}` : sumText(sumText(pixel, first), 'lane'),
    orBits: bits ? use(orBits) : '',
  }
}

/** The loop variable over the columns of a row, where there are several. */
export const columnOf = ({ outWidth }: WindowParams): string => (outWidth === 1 ? '0' : 'column')

/** The same of columns, for kernels that go tap by tap. */
export function columnContext(params: WindowParams, scope: Scope, column = columnOf(params)) {
  const { first, end } = tapRange('left', alongColumns(params), scope)
  return { left: linear(column, params.strideX, -params.padLeft), kxFirst: first, kxEnd: end }
}

/** The loop over them; without a head where there is one. */
export const eachColumnOf = (params: WindowParams, from = '0', to = `${params.outWidth}`): string =>
  params.outWidth === 1 ? '' : `for (int column = ${from}; column < ${to}; column++)`

/** The pixel of x, counted from its start, with which the row under tap ky begins. */
export function rowStart(params: WindowParams, tapRow = 'ky'): string {
  const { images, inHeight, inWidth, outHeight, inRing } = params
  const ky = `top${plus(linear(tapRow, params.dilationY, 0))}`
  const row = images > 1 ? `row / ${outHeight} * ${inHeight} + ${ky}` : ky
  return times(inRing < images * inHeight ? `((${row}) % ${inRing})` : `(${row})`, inWidth)
}

/** Where in x the pixel under tap (ky, kx) starts for a window whose left edge is at `left`, `pitch` elements a pixel. */
export function pixelStart(
  params: WindowParams,
  left: string,
  pitch: number,
  { ky = 'ky', kx = 'kx' }: { readonly ky?: string; readonly kx?: string } = {},
): string {
  const pixel = `${rowStart(params, ky)}${plus(left)}${plus(linear(kx, params.dilationX, 0))}`
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
export function resultTitle({ store, params }: Call): string {
  const values = { bit: 'bits', f32: 'floats', i32: 'int32', u8: 'bytes', i8: 'bytes', i64: 'int64' }[store.result]
  const within = 'within' in params ? params.within : undefined
  return within ? `${values}, from channel ${within.from} of ${within.pitch} on` : values
}
