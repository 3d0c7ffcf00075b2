import type { PoolParams, WindowParams } from '../../../plan/kernels.ts'
import type { Call } from '../../../plan/plan.ts'
import { templated } from '../../print/template.ts'
import { extremeOfLoaded } from '../expr.ts'
import { tapsInside } from '../functions.ts'
import type { Scope } from '../scope.ts'
import { at, counting, get, int, stepping, sum, times, wrapped } from '../text.ts'
import { commentOf, type Layer } from './layer.ts'
import { blocksOf, clearTail, positionBytes, setPointers, storeBlock, storeLocals } from './store.ts'

/** A function is not told which rows to compute where there is but one. */
const isOneRow = ({ images, outHeight }: WindowParams): boolean => images * outHeight === 1

export const parametersOf = (params: WindowParams): string =>
  isOneRow(params) ? '' : ' (param $row i32) (param $end i32)'

export const rowOf = (params: WindowParams): string => (isOneRow(params) ? int(0) : get('row'))

/** The call of such a function for some rows. */
export const callRows = (name: string, params: WindowParams, first: number, end: number): string =>
  isOneRow(params) ? `(call $${name})` : `(call $${name} ${int(first)} ${int(end)})`

/** What every windowed kernel says about rows: `row` counts rows of all images, its image starts at row `image` of x. */
export function rowContext(params: WindowParams, yAddress: number, yRowBytes: number) {
  const { images, inHeight, outHeight, strideY, padTop, outRing } = params
  const row = rowOf(params)
  const rows = images * outHeight
  const inImage = images === 1 ? row : `(i32.rem_u ${row} ${int(outHeight)})`
  return {
    parameters: parametersOf(params),
    eachRow: isOneRow(params) ? null : stepping('row', 'rows', 1, get('end'), get('row')),
    image: images === 1 ? int(0) : sum(times(`(i32.div_u ${row} ${int(outHeight)})`, inHeight)),
    top: sum(times(inImage, strideY), -padTop),
    y: sum(times(wrapped(row, outRing, rows), yRowBytes), yAddress),
  }
}

/** Address of row `iy` of the image that starts at row `image` of x, plus constant bytes. */
export function rowAddress(params: WindowParams, rowBytes: number, base: number, iy = get('iy')): string {
  const { images, inHeight, inRing } = params
  const row = images === 1 ? iy : `(i32.add ${get('image')} ${iy})`
  return sum(times(wrapped(row, inRing, images * inHeight), rowBytes), base)
}

/** Numbers of a window that templates ask of every tap. */
const tapContext = ({ inHeight, inWidth, dilationY, dilationX }: WindowParams) => ({
  inHeight,
  inWidth,
  dilationY,
  dilationX,
})

/** Names and numbers that templates of windowed kernels share. */
export const windowContext = (call: Call, params: WindowParams, what: string) => ({
  name: call.name,
  comment: commentOf(call, what),
  eachColumn: counting('column', 'columns', params.outWidth),
  eachTapRow: counting('ky', 'vertical', params.kernelHeight),
  eachTap: counting('kx', 'horizontal', params.kernelWidth),
  ...tapContext(params),
  left: leftOf(params),
})

/** The column of the image where a window starts. */
export const leftOf = ({ strideX, padLeft }: WindowParams): string => sum(times(get('column'), strideX), -padLeft)

const shapeText = ({ kernelHeight, kernelWidth, strideY, strideX }: WindowParams): string =>
  `windows of ${kernelHeight}x${kernelWidth}, stride ${strideY}x${strideX}.`

export function poolLayer(call: Call<'pool'>, scope: Scope): Layer {
  const { params, store, buffers, y } = call
  const { channels, kind } = params
  const position = positionBytes(store, channels)
  const vector = store.accumulator === 'i32' ? 'i32x4' : 'f32x4'
  const start =
    kind === 'mean' ? '0 0 0 0' : vector === 'i32x4' ? Array(4).fill(-2147483648).join(' ') : '-inf -inf -inf -inf'
  const combined = (accumulator: string, value: string) =>
    kind === 'mean'
      ? `(${vector}.add ${accumulator} ${value})`
      : vector === 'i32x4'
        ? `(i32x4.max_s ${accumulator} ${value})`
        : extremeOfLoaded('max', accumulator, value, 'v')
  return {
    ...templated('wasm/kernels/pool.wat', {
      ...windowContext(call, params, `${kind} over ${shapeText(params)}`),
      ...rowContext(params, scope.addressOf(y), params.outWidth * position),
      locals: storeLocals(store),
      pointers: setPointers(store, [rowOf(params), get('column')]),
      line: rowAddress(params, params.inWidth * channels * 4, scope.addressOf(buffers.x)),
      pixel: sum(times(get('ix'), 4 * channels)),
      position,
      start: `(v128.const ${vector} ${start})`,
      ...(kind === 'mean' ? countContext(params, scope) : { counted: false, divisor: '' }),
      blocks: blocksOf(channels).map(block => ({
        ...block,
        accumulators: block.vectors.map(index => ({
          index,
          step: combined(get(`a${index}`), at('v128.load', [get('x'), ...times(get('c'), 4)], 16 * index)),
        })),
        store: storeBlock(store, block, [get('a0'), get('a1')], scope),
      })),
      clear: clearTail(store, channels),
    }),
  }
}

/** Taps that a mean divides by: all of them, or those inside the image and its counted border. */
function countContext(params: PoolParams, { use }: Scope) {
  const { counted, inHeight, inWidth, kernelHeight, kernelWidth, dilationY, dilationX } = params
  const [top, left, bottom, right] = counted
  const inside = (start: string, step: number, low: number, high: number, taps: number) =>
    `(call ${use(tapsInside)} ${start} ${int(step)} ${int(-low)} ${int(high)} ${int(taps)})`
  const rows = inside(get('top'), dilationY, top, inHeight + bottom, kernelHeight)
  const columns = inside(get('left'), dilationX, left, inWidth + right, kernelWidth)
  return { counted: true, divisor: `(f32.convert_i32_s (i32.mul ${rows} ${columns}))` }
}

export function poolBitsLayer(call: Call<'poolBits'>, scope: Scope): Layer {
  const { params, buffers, y } = call
  const { words } = params
  const indices = Array.from({ length: words }, (_, word) => word)
  // A few words are kept in locals while the taps go by; of many, one at a time.
  const groups = words <= 8 ? [indices] : indices.map(word => [word])
  return {
    ...templated('wasm/kernels/pool-bits.wat', {
      ...windowContext(call, params, `OR over ${shapeText(params)}`),
      ...rowContext(params, scope.addressOf(y), params.outWidth * words * 4),
      line: rowAddress(params, params.inWidth * words * 4, scope.addressOf(buffers.x)),
      pixel: sum(times(get('ix'), 4 * words)),
      position: 4 * words,
      locals: (groups[0] ?? []).map((_, k) => `(local $a${k} i32)`),
      groups: groups.map((group, index) => ({
        index,
        words: group.map((word, k) => ({ k, word, load: at('i32.load', [get('x')], 4 * word), offset: 4 * word })),
      })),
    }),
  }
}
