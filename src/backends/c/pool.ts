import { alongColumns, alongRows, lastTap } from '../axis.ts'
import type { PoolParams, WindowParams } from '../kernels.ts'
import type { Call } from '../plan.ts'
import { commentOf, type Layer, parametersOf, type Scope, storeText } from './layer.ts'
import { scalarType } from './names.ts'
import { imageVariables, pixelStart, resultTitle, windowContext, windowTitle } from './windows.ts'

/** Channels that are pooled together: as many as a stack takes easily, because sums of few would wait for each other. */
const LANES = 256

export function poolLayer(call: Call<'pool'>, scope: Scope): Layer {
  const { params, store, buffers } = call
  const { channels, kind, counted } = params
  const lanes = Math.min(channels, LANES)
  const stored = store.result === 'bit' ? Math.min(channels, 32) : lanes
  const type = scalarType(store.accumulator ?? 'f32')
  const window = windowContext(params, call, channels)
  const context = {
    ...window,
    yElement: window.yPixel,
    comment: commentOf(call, titleOf(params, kind === 'max' ? 'Maximum' : 'Mean', resultTitle(call)), scope),
    mean: kind === 'mean',
    mayBeNaN: kind === 'max' && store.accumulator === 'f32',
    start: kind === 'mean' ? '0.0f' : type === 'float' ? '-INFINITY' : '(-2147483647 - 1)',
    countedRows: countedTaps('top', 'ky', [counted[0], counted[2]], alongRows(params)),
    countedColumns: countedTaps('left', 'kx', [counted[1], counted[3]], alongColumns(params)),
    channels,
    lanes,
    partLanes: lanesFrom('part', channels, lanes),
    storedLanes: stored,
    laneCount: lanesFrom('first', channels, stored),
    xStart: pixelStart(params, 'left', channels),
    sumType: type,
    sum: kind === 'mean' ? 'pooled[first - part + lane] / count' : 'pooled[first - part + lane]',
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

/** Lanes of a block that starts at channel `first`: all of them, or what is left. */
const lanesFrom = (first: string, channels: number, lanes: number): string =>
  channels % lanes === 0 ? `${lanes}` : `(${first} + ${lanes} > ${channels} ? ${channels % lanes} : ${lanes})`

function titleOf(params: WindowParams & Pick<PoolParams, 'channels'>, what: string, result: string): string {
  const { inHeight, inWidth, outHeight, outWidth, channels, kernelHeight, kernelWidth } = params
  const shapes = `[${inHeight}][${inWidth}][${channels}] to [${outHeight}][${outWidth}][${channels}] ${result}`
  return `${what} over ${kernelHeight}x${kernelWidth}${windowTitle(params)}: ${shapes}.`
}
