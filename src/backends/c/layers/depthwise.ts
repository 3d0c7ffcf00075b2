import { unpackBits } from '../../../ir/bits.ts'
import type { Call } from '../../../plan/plan.ts'
import { isInside } from '../../../plan/windows.ts'
import type { Data, Layout } from '../constants/index.ts'
import { plus } from '../names.ts'
import { body, commentOf, type Layer, parametersOf, type Scope, storeText } from './layer.ts'
import { lanesFrom } from './pool.ts'
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

/** Channels whose sums are kept on the stack. */
const LANES = 256
/** Most taps that are written out. */
const MOST_TAPS = 49

/** Whether every filter has a channel of its own: then lanes are channels, which lie side by side. */
export const isDepthwise = ({ params, buffers }: Call<'conv2d'>): boolean =>
  params.channels === 1 &&
  params.groups > 1 &&
  params.filters === params.groups &&
  params.kernelHeight * params.kernelWidth <= MOST_TAPS &&
  buffers.x.element === 'f32'

export function depthwiseLayer(call: Call<'conv2d'>, scope: Scope): Layer {
  const { params, store, buffers } = call
  const { filters, kernelHeight, kernelWidth, inHeight, inWidth, outHeight, outWidth, dilationX } = params
  const lanes = Math.min(filters, LANES)
  const stored = store.result === 'bit' ? Math.min(filters, 32) : lanes
  const part = filters > lanes ? 'part' : '0'
  const partLanes = lanesFrom(part, filters, lanes)
  const first = lanes > stored ? 'first' : part
  const rows = windowContext(params, call, filters, scope)
  const whole = isInside(params)
  const columns = columnContext(params, scope)
  const shapes = `[${inHeight}][${inWidth}][${filters}] to [${outHeight}][${outWidth}][${filters}] ${resultTitle(call)}`
  const title = `Float convolution ${kernelHeight}x${kernelWidth} of each channel${windowTitle(params)}: ${shapes}.`
  const sum = first === part ? 'sums[lane]' : `sums[first${part === '0' ? '' : ' - part'} + lane]`
  const tapRows = Array.from({ length: kernelHeight }, (_, ky) => ({
    name: `row_${ky}`,
    start: pixelStart(params, 'left', filters, { ky: `${ky}`, kx: '0' }),
  }))
  const taps = tapRows.flatMap(({ name }, ky) =>
    Array.from({ length: kernelWidth }, (_, kx) => ({
      x: name,
      at: kx === 0 ? '' : `${kx * dilationX * filters} + `,
      weight: ky + kx === 0 ? '' : `${(ky * kernelWidth + kx) * filters} + `,
    })),
  )
  const context = {
    ...rows,
    kyFirst: whole ? '' : rows.kyFirst,
    ...columns,
    ...storedContext(call, filters, scope, first, columnOf(params)),
    eachColumn: eachColumnOf(params),
    comment: commentOf(call, title, scope),
    eachPart: part === '0' ? '' : `for (int part = 0; part < ${filters}; part += ${lanes})`,
    part: plus(part),
    lanes,
    eachLane: `for (int lane = 0; lane < ${partLanes}; lane++)`,
    ifWhole: whole ? '' : `if (ky_end - ky_first == ${kernelHeight} && kx_end - kx_first == ${kernelWidth})`,
    tapRows,
    taps,
    weights: scope.constants.symbolOf(buffers.weights, layoutOf(call)),
    xStart: pixelStart(params, 'left', filters),
    tapColumns: kernelWidth,
    channels: filters,
    eachFirst:
      first === part
        ? ''
        : `for (int first = ${part}; first < ${part === '0' ? '' : 'part + '}${partLanes}; first += ${stored})`,
    first,
    laneCount: lanesFrom(first, filters, stored),
    sumType: 'float',
    sum,
    value: storeText(store, imageVariables(first, columnOf(params)), scope),
  }
  return { ...body('c/kernels/depthwise.c', context), byRows: true, parameters: parametersOf(call, { x: buffers.x }) }
}

/** [channels][taps] to [taps][channels]; a bit for each weight becomes -1 or +1. */
function layoutOf({ params, buffers }: Call<'conv2d'>): Layout {
  const { filters, kernelHeight, kernelWidth } = params
  const taps = kernelHeight * kernelWidth
  const isSigns = buffers.weights.element === 'u32'
  const arrange = (data: Data): Data => {
    const values = isSigns ? unpackBits(data as Uint32Array, [filters * taps, 1]).values : (data as Float32Array)
    return Float32Array.from({ length: values.length }, (_, k) => {
      const value = Number(values[(k % filters) * taps + Math.floor(k / filters)]!)
      return isSigns ? 2 * value - 1 : value
    })
  }
  return { layout: `[${kernelHeight}][${kernelWidth}][${filters} channels]`, arrange }
}
