import { alongColumns, alongRows, lastTap } from '../axis.ts'
import type { PoolParams, WindowParams } from '../kernels.ts'
import type { Call } from '../plan.ts'
import { commentOf, type Layer, parametersOf, type Scope, storeText } from './layer.ts'
import { scalarType } from './names.ts'
import { imageVariables, pixelStart, resultTitle, windowContext, windowTitle } from './windows.ts'

export function poolLayer(call: Call<'pool'>, scope: Scope): Layer {
  const { params, store, buffers } = call
  const { channels, kind, counted } = params
  const lanes = lanesFor(channels)
  const type = scalarType(store.accumulator ?? 'f32')
  const window = windowContext(params, call, channels)
  const context = {
    ...window,
    yElement: window.yPixel,
    comment: commentOf(call, titleOf(params, kind === 'max' ? 'Maximum' : 'Mean', resultTitle(call)), scope),
    mean: kind === 'mean',
    start: kind === 'mean' ? '0.0f' : type === 'float' ? '-INFINITY' : '(-2147483647 - 1)',
    countedRows: countedTaps('top', 'ky', [counted[0], counted[2]], alongRows(params)),
    countedColumns: countedTaps('left', 'kx', [counted[1], counted[3]], alongColumns(params)),
    channels,
    lanes,
    laneCount:
      channels % lanes === 0 ? `${lanes}` : `(first + ${lanes} > ${channels} ? ${channels % lanes} : ${lanes})`,
    xStart: pixelStart(params, 'left', channels),
    sumType: type,
    sum: kind === 'mean' ? 'pooled[lane] / count' : 'pooled[lane]',
    value: storeText(store, imageVariables, scope),
  }
  return { template: 'c/kernels/pool.c', context, parameters: parametersOf(call, { x: buffers.x }) }
}

export function poolBitsLayer(call: Call<'poolBits'>, scope: Scope): Layer {
  const { params, buffers } = call
  const context = {
    ...windowContext(params, call, params.channels),
    comment: commentOf(call, titleOf(params, 'OR', 'bits'), scope),
    words: params.words,
    xStart: pixelStart(params, 'left', params.words),
    yWord: params.words === 1 ? 'column' : `column * ${params.words}`,
  }
  return { template: 'c/kernels/pool-bits.c', context, parameters: parametersOf(call, { x: buffers.x }) }
}

/** Taps that a mean divides by: those inside the image and `before` and `after` it. */
function countedTaps(
  start: string,
  tap: string,
  [before, after]: readonly [number, number],
  axis: ReturnType<typeof alongRows>,
): string {
  const { padding, dilation, taps, size } = axis
  if (padding <= before && lastTap(axis) < size + after) return `${taps}`
  if (before === 0 && after === 0) return `(${tap}_end - ${tap}_first)`
  const shifted = `${start} + ${before}`
  return `(end_tap(${shifted}, ${dilation}, ${taps}, ${size + before + after}) - first_tap(${shifted}, ${dilation}))`
}

/** Channels that are pooled together: all of few, an even part of many where there is one. */
function lanesFor(channels: number): number {
  for (let lanes = Math.min(channels, 32); lanes >= 8; lanes--) if (channels % lanes === 0) return lanes
  return Math.min(channels, 32)
}

function titleOf(params: WindowParams & Pick<PoolParams, 'channels'>, what: string, result: string): string {
  const { inHeight, inWidth, outHeight, outWidth, channels, kernelHeight, kernelWidth } = params
  const shapes = `[${inHeight}][${inWidth}][${channels}] to [${outHeight}][${outWidth}][${channels}] ${result}`
  return `${what} over ${kernelHeight}x${kernelWidth}${windowTitle(params)}: ${shapes}.`
}
