import type { PoolParams, WindowParams } from '../../../plan/kernels.ts'
import type { Call } from '../../../plan/plan.ts'
import { alongColumns, alongRows, lastTap } from '../../../plan/windows.ts'
import { endTap, firstTap } from '../functions/plain.ts'
import { plus, scalarType, sumText, times } from '../names.ts'
import { body, commentOf, type Layer, parametersOf, type Scope, storeText } from './layer.ts'
import {
  columnContext,
  columnOf,
  eachColumnOf,
  imageVariables,
  pixelStart,
  resultTitle,
  storedContext,
  windowContext,
  windowTitle,
} from './windows.ts'

/** Channels that are pooled together: as many as a stack takes easily, because sums of few would wait for each other. */
const LANES = 256

export function poolLayer(call: Call<'pool'>, scope: Scope): Layer {
  const { params, store, buffers } = call
  const { channels, kind, counted } = params
  const mean = kind === 'mean'
  const lanes = Math.min(channels, LANES)
  const stored = store.result === 'bit' ? Math.min(channels, 32) : lanes
  const part = channels > lanes ? 'part' : '0'
  const first = lanes > stored ? 'first' : part
  const partLanes = lanesFrom(part, channels, lanes)
  const type = scalarType(store.accumulator ?? 'f32')
  const pooled = first === part ? 'pooled[lane]' : `pooled[first${part === '0' ? '' : ' - part'} + lane]`
  const context = {
    ...windowContext(params, call, channels, scope),
    ...columnContext(params, scope),
    ...storedContext(call, channels, scope, first, columnOf(params)),
    eachColumn: eachColumnOf(params),
    comment: commentOf(call, titleOf(params, mean ? 'Mean' : 'Maximum', resultTitle(call)), scope),
    mean,
    start: mean ? '0.0f' : type === 'float' ? '-INFINITY' : '(-2147483647 - 1)',
    countedRows: mean ? countedTaps('top', 'ky', [counted[0], counted[2]], alongRows(params), scope) : '',
    countedColumns: mean ? countedTaps('left', 'kx', [counted[1], counted[3]], alongColumns(params), scope) : '',
    eachPart: part === '0' ? '' : `for (int part = 0; part < ${channels}; part += ${lanes})`,
    part: plus(part),
    lanes,
    eachLane: `for (int lane = 0; lane < ${partLanes}; lane++)`,
    step: mean ? '+= pixel[lane]' : '= pooled[lane] < pixel[lane] ? pixel[lane] : pooled[lane]',
    mayBeNaN: kind === 'max' && store.accumulator === 'f32',
    eachFirst:
      first === part
        ? ''
        : `for (int first = ${part}; first < ${part === '0' ? '' : 'part + '}${partLanes}; first += ${stored})`,
    first,
    laneCount: lanesFrom(first, channels, stored),
    xStart: pixelStart(params, 'left', channels),
    sumType: type,
    sum: mean ? `${pooled} / count` : pooled,
    value: storeText(store, imageVariables(first, columnOf(params)), scope),
  }
  return { ...body('c/kernels/pool.c', context), byRows: true, parameters: parametersOf(call, { x: buffers.x }) }
}

export function poolBitsLayer(call: Call<'poolBits'>, scope: Scope): Layer {
  const { params, buffers } = call
  const { words } = params
  const word = words === 1 ? '' : ' + word'
  const context = {
    ...windowContext(params, call, params.channels, scope),
    ...columnContext(params, scope),
    eachColumn: eachColumnOf(params),
    comment: commentOf(call, titleOf(params, 'OR', 'bits'), scope),
    eachWord: words === 1 ? '' : `for (int word = 0; word < ${words}; word++)`,
    xStart: `${pixelStart(params, 'left', words)}${word}`,
    yWord: sumText(times(columnOf(params), words), words === 1 ? '0' : 'word'),
  }
  return { ...body('c/kernels/pool-bits.c', context), byRows: true, parameters: parametersOf(call, { x: buffers.x }) }
}

/** Taps that a mean divides by: those inside the image and `before` and `after` it. */
function countedTaps(
  start: string,
  tap: string,
  [before, after]: readonly [number, number],
  axis: ReturnType<typeof alongRows>,
  { use }: Scope,
): string {
  const { padding, dilation, taps, size } = axis
  if (padding <= before && lastTap(axis) < size + after) return `${taps}`
  if (before === 0 && after === 0) return `(${tap}_end - ${tap}_first)`
  const shifted = `${start} + ${before}`
  return `(${use(endTap)}(${shifted}, ${dilation}, ${taps}, ${size + before + after}) - ${use(firstTap)}(${shifted}, ${dilation}))`
}

/** Lanes of a block that starts at channel `first`: all of them, or what is left. */
export const lanesFrom = (first: string, channels: number, lanes: number): string =>
  channels % lanes === 0 ? `${lanes}` : `(${first} + ${lanes} > ${channels} ? ${channels % lanes} : ${lanes})`

function titleOf(params: WindowParams & Pick<PoolParams, 'channels'>, what: string, result: string): string {
  const { inHeight, inWidth, outHeight, outWidth, channels, kernelHeight, kernelWidth } = params
  const shapes = `[${inHeight}][${inWidth}][${channels}] to [${outHeight}][${outWidth}][${channels}] ${result}`
  return `${what} over ${kernelHeight}x${kernelWidth}${windowTitle(params)}: ${shapes}.`
}
