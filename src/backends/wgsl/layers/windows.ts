import type { WindowParams } from '../../../plan/kernels.ts'
import type { Call } from '../../../plan/plan.ts'
import { type Axis, alongColumns, alongRows, isInside, staysInside } from '../../../plan/windows.ts'
import { tapsInside } from '../functions.ts'
import { indexText, linear, scalarType } from '../names.ts'
import { itemGrid, resultContext, startOf, THREADS } from './elementwise.ts'
import { createBinder, type Layer, type Scope, sampleStride, unbound } from './layer.ts'
import { commentOf } from './value.ts'

/** How many taps lie inside the image: a number, or computed from where the window starts. */
export function tapCount(start: string, axis: Axis, { use }: Scope, before = 0, after = 0): string {
  const { taps, dilation, size } = axis
  if (staysInside(axis, before, after)) return `${taps}`
  return `${use(tapsInside)}(${before === 0 ? start : `${start} + ${before}`}, ${dilation}, ${taps}, ${size + before + after})`
}

/** Texts shared by everything that slides a window. `row` counts rows of all images, `sample` is known. */
export function windowContext(params: WindowParams) {
  const { images, outHeight, inHeight, inWidth, kernelHeight, kernelWidth, dilationY, dilationX } = params
  const inside = isInside(params)
  return {
    top: linear(images > 1 ? `row % ${outHeight}` : 'row', params.strideY, -params.padTop),
    left: linear('column', params.strideX, -params.padLeft),
    imageRow: images > 1 ? `row / ${outHeight} * ${inHeight}` : '0',
    inHeight,
    inWidth,
    kernelHeight,
    kernelWidth,
    tapRow: linear('ky', dilationY, 0),
    tapColumn: linear('kx', dilationX, 0),
    inside,
    oneRow: inside && kernelHeight === 1,
    oneColumn: inside && kernelWidth === 1,
  }
}

/** Strides of a tap's row and column through weights of this size per tap; an axis of one tap has no variable. */
export const tapSteps = ({ kernelHeight, kernelWidth }: WindowParams, size: number): [number, number] => [
  kernelHeight === 1 ? 0 : kernelWidth * size,
  kernelWidth === 1 ? 0 : size,
]

export const windowTitle = (p: WindowParams): string =>
  [
    `${p.kernelHeight}x${p.kernelWidth}`,
    p.strideY * p.strideX > 1 ? `, stride ${p.strideY} ${p.strideX}` : '',
    p.dilationY * p.dilationX > 1 ? `, dilation ${p.dilationY} ${p.dilationX}` : '',
    p.padTop || p.padLeft ? `, padding ${p.padTop} ${p.padLeft}` : '',
    p.images > 1 ? `, ${p.images} images` : '',
  ].join('')

function poolTitle(params: WindowParams & { channels: number }, what: string): string {
  const { inHeight, inWidth, outHeight, outWidth, channels } = params
  const shapes = `[${inHeight}][${inWidth}][${channels}] to [${outHeight}][${outWidth}][${channels}]`
  return `${what} over ${windowTitle(params)}: ${shapes}.`
}

export function poolLayer(call: Call<'pool'>, scope: Scope): Layer {
  const { params, store, buffers } = call
  const { images, outHeight, outWidth, channels, counted, kind } = params
  const binder = createBinder(scope)
  const x = binder.read('x', buffers.x)
  const sizes = [images * outHeight, outWidth, channels]
  const { grid, names, ...context } = resultContext(call, sizes, scope, binder, 2)
  const type = scalarType[store.accumulator ?? 'f32']
  const mean = kind === 'mean'
  const [rows, columns] = [alongRows(params), alongColumns(params)]
  return {
    ...unbound('wgsl/kernels/pool.wgsl', {
      ...context,
      ...windowContext(params),
      comment: commentOf(call, poolTitle(params, mean ? 'Mean' : 'Maximum')),
      pooled: scope.name('pooled'),
      arguments: ['sample', ...names].join(', '),
      x,
      type,
      mean,
      start: startOf(kind, type === 'i32', scope),
      step: mean ? 'a + value' : 'max(a, value)',
      count: mean
        ? `${tapCount('top', rows, scope, counted[0], counted[2])} * ${tapCount('left', columns, scope, counted[1], counted[3])}`
        : '',
      from: pixelText(call, 'channel', channels),
    }),
    bindings: binder.all(),
    grid,
  }
}

/** Element of x at (sample, y, x_column) and this channel or word of a pixel. */
const pixelText = ({ params, buffers: { x } }: Call<'pool' | 'poolBits'>, last: string, pitch: number): string =>
  indexText(['sample', 'image_row + y', 'x', last], [sampleStride(x), params.inWidth * pitch, pitch, 1])

export function poolBitsLayer(call: Call<'poolBits'>, scope: Scope): Layer {
  const { params, buffers } = call
  const { images, outHeight, outWidth, words } = params
  const binder = createBinder(scope)
  const items = images * outHeight * outWidth * words
  return {
    ...unbound('wgsl/kernels/pool-bits.wgsl', {
      ...windowContext(params),
      entry: scope.entry,
      threads: THREADS,
      items,
      comment: commentOf(call, poolTitle(params, 'OR of packed bits')),
      x: binder.read('x', buffers.x),
      y: binder.write(call.y),
      words,
      outWidth,
      rows: images * outHeight,
      from: pixelText(call, 'word', words),
    }),
    bindings: binder.all(),
    grid: itemGrid(items),
  }
}
