import { wordsFor } from '../../ir/bits.ts'
import type { ConvolutionParams, WindowParams } from '../kernels.ts'
import type { Call } from '../plan.ts'
import { arrangeFilters, arrangeSigns, blocksFor, lanesFor, signLanesFor } from './arrange.ts'
import type { Data, Layout } from './constants.ts'
import { commentOf, type Layer, parametersOf, readsAccumulator, type Scope, storeText } from './layer.ts'
import { cType, linear, scalarType } from './names.ts'

/** Texts shared by everything that slides a window: rows, columns, and which taps lie inside the image. */
function windowContext(params: WindowParams, call: Call, channels: number) {
  const { images, inHeight, inWidth, outHeight, outWidth } = params
  const pixel = call.store.result === 'bit' ? wordsFor(channels) : channels
  const row = images > 1 ? `row % ${outHeight}` : 'row'
  const ky = linear('ky', params.dilationY, 0)
  const inRow = images > 1 ? `row / ${outHeight} * ${inHeight} + top + ${ky}` : `top + ${ky}`
  const vertical = tapRange('top', alongRows(params))
  const across = tapRange('left', alongColumns(params))
  return {
    top: linear(row, params.strideY, -params.padTop),
    left: linear('column', params.strideX, -params.padLeft),
    kyFirst: vertical.first,
    kyEnd: vertical.end,
    kxFirst: across.first,
    kxEnd: across.end,
    xRow: params.inRing < images * inHeight ? `((${inRow}) % ${params.inRing})` : `(${inRow})`,
    xColumn: `left + ${linear('kx', params.dilationX, 0)}`,
    yRow: params.outRing < images * outHeight ? `(row % ${params.outRing})` : 'row',
    yType: cType[call.y.element],
    yPitch: outWidth * pixel,
    pixel,
    inWidth,
    outWidth,
    bits: call.store.result === 'bit',
    clears: call.y.element === 'u32',
    readsSum: readsAccumulator(call.store),
  }
}

/** A window along one axis. */
interface Axis {
  readonly results: number
  readonly size: number
  readonly taps: number
  readonly stride: number
  readonly dilation: number
  readonly padding: number
}

const alongRows = (p: WindowParams): Axis => ({
  results: p.outHeight,
  size: p.inHeight,
  taps: p.kernelHeight,
  stride: p.strideY,
  dilation: p.dilationY,
  padding: p.padTop,
})

const alongColumns = (p: WindowParams): Axis => ({
  results: p.outWidth,
  size: p.inWidth,
  taps: p.kernelWidth,
  stride: p.strideX,
  dilation: p.dilationX,
  padding: p.padLeft,
})

/** How far the last window reaches. */
const lastTap = ({ results, stride, padding, taps, dilation }: Axis): number =>
  (results - 1) * stride - padding + (taps - 1) * dilation

/** First and end tap inside the image: numbers where every window lies inside, else computed from its start. */
function tapRange(start: string, axis: Axis): { first: string; end: string } {
  const { padding, dilation, taps, size } = axis
  return {
    first: padding <= 0 ? '0' : `first_tap(${start}, ${dilation})`,
    end: padding <= 0 && lastTap(axis) < size ? `${taps}` : `end_tap(${start}, ${dilation}, ${taps}, ${size})`,
  }
}

/** Taps that a mean divides by: those inside the image and `before` and `after` it. */
function countedTaps(start: string, tap: string, [before, after]: readonly [number, number], axis: Axis): string {
  const { padding, dilation, taps, size } = axis
  if (padding <= before && lastTap(axis) < size + after) return `${taps}`
  if (before === 0 && after === 0) return `(${tap}_end - ${tap}_first)`
  const shifted = `${start} + ${before}`
  return `(end_tap(${shifted}, ${dilation}, ${taps}, ${size + before + after}) - first_tap(${shifted}, ${dilation}))`
}

const variables = ['row', 'column', 'first + lane']

/** How one kind of convolution adds up a run of x against a block of filters. */
interface Adder {
  readonly name: string
  readonly layout: Layout
  readonly lanes: number
  /** Elements of x in a tap, and weights of a block in a tap. */
  readonly depth: number
  readonly tapSize: number
}

export function convolutionLayer(call: Call<'conv2d' | 'binaryConv2d'>, scope: Scope): Layer {
  const { params, store, buffers } = call
  const adder = adderOf(call)
  const { filters, groups, channels, kernelHeight, kernelWidth } = params
  const { lanes, depth } = adder
  const perGroup = filters / groups
  const blocks = blocksFor({ filters, groups, lanes })
  const binary = call.kernel === 'binaryConv2d'
  const mismatches = `${channels} * (ky_end - ky_first) * (kx_end - kx_first) - 2 * mismatches[lane]`
  const context = {
    ...windowContext(params, call, filters),
    comment: commentOf(call, convolutionTitle(params, binary, scalarOfStore(call)), scope),
    weights: scope.constants.symbolOf(buffers.weights, adder.layout),
    adder: adder.name,
    depth,
    lanes,
    tapSize: adder.tapSize,
    kernelHeight,
    kernelWidth,
    blocks: blocks * groups,
    first: groups === 1 ? linear('block', lanes, 0) : `block / ${blocks} * ${perGroup} + block % ${blocks} * ${lanes}`,
    contiguous: groups === 1 && params.dilationX === 1,
    groupOffset: groups === 1 ? '' : ` + block / ${blocks} * ${depth}`,
    pitch: groups * depth,
    laneCount: laneCount(perGroup, lanes, groups === 1 ? 'block' : `block % ${blocks}`),
    sums: binary ? 'mismatches' : 'sums',
    sumsType: binary ? 'int32_t' : 'float',
    sumType: binary ? 'int32_t' : 'float',
    sum: binary ? mismatches : 'sums[lane]',
    value: storeText(store, variables, scope),
  }
  return { template: 'c/kernels/conv2d.c', context, parameters: parametersOf(call, { x: buffers.x }) }
}

function adderOf({ kernel, params, buffers }: Call<'conv2d' | 'binaryConv2d'>): Adder {
  const { filters, groups, channels, kernelHeight, kernelWidth } = params
  const taps = kernelHeight * kernelWidth
  const bits = buffers.weights.element === 'u32'
  const signs = kernel === 'conv2d' && bits
  const lanes = signs ? signLanesFor(filters / groups) : lanesFor(filters / groups)
  const depth = kernel === 'binaryConv2d' ? wordsFor(channels) : channels
  const shape = { filters, groups, taps, depth, lanes }
  const suffix = buffers.x.element === 'u8' ? '_u8' : ''
  const size = `[${groups * blocksFor(shape)} blocks][${kernelHeight}][${kernelWidth}][${depth}]`
  if (signs)
    return {
      name: `accumulate_signs${suffix}_${lanes}`,
      layout: {
        layout: `${size}, a bit for each of ${lanes} filters`,
        arrange: data => arrangeSigns(data as Uint32Array, shape),
      },
      lanes,
      depth,
      tapSize: depth,
    }
  const arrange = (data: Data): Data => arrangeFilters(data as Float32Array | Uint32Array, shape)
  return {
    name: bits ? `count_mismatches_${lanes}` : `accumulate${suffix}_${lanes}`,
    layout: { layout: `${size}[${lanes} filters]`, arrange },
    lanes,
    depth,
    tapSize: depth * lanes,
  }
}

/** Lanes of a block that are filters: all of them, or what is left for the last block. */
function laneCount(filters: number, lanes: number, block: string): string {
  const rest = filters % lanes
  return rest === 0 ? `${lanes}` : `(${block} == ${Math.floor(filters / lanes)} ? ${rest} : ${lanes})`
}

const scalarOfStore = ({ store }: Call): string =>
  ({ bit: 'bits', f32: 'floats', i32: 'int32', u8: 'bytes', i64: 'int64' })[store.result]

function convolutionTitle(params: ConvolutionParams, binary: boolean, result: string): string {
  const { inHeight, inWidth, channels, groups, outHeight, outWidth, filters, kernelHeight, kernelWidth } = params
  const dense = inHeight * inWidth === 1 ? 'dense layer' : 'convolution'
  return [
    `${binary ? 'Binary' : 'Float'} ${dense} ${kernelHeight}x${kernelWidth}${windowTitle(params)}`,
    groups > 1 ? `, ${groups} groups` : '',
    `: [${inHeight}][${inWidth}][${groups * channels}] to [${outHeight}][${outWidth}][${filters}] ${result}.`,
  ].join('')
}

const windowTitle = ({ strideY, strideX, dilationY, dilationX, padTop, padLeft, images }: WindowParams): string =>
  [
    strideY * strideX > 1 ? `, stride ${strideY} ${strideX}` : '',
    dilationY * dilationX > 1 ? `, dilation ${dilationY} ${dilationX}` : '',
    padTop || padLeft ? `, padding ${padTop} ${padLeft}` : '',
    images > 1 ? `, ${images} images` : '',
  ].join('')

export function poolLayer(call: Call<'pool'>, scope: Scope): Layer {
  const { params, store, buffers } = call
  const { channels, kind, counted } = params
  const lanes = poolLanes(channels)
  const type = scalarType(store.accumulator ?? 'f32')
  const context = {
    ...windowContext(params, call, channels),
    comment: commentOf(call, poolTitle(params, kind === 'max' ? 'Maximum' : 'Mean', scalarOfStore(call)), scope),
    mean: kind === 'mean',
    start: kind === 'mean' ? '0.0f' : type === 'float' ? '-INFINITY' : '(-2147483647 - 1)',
    countedRows: countedTaps('top', 'ky', [counted[0], counted[2]], alongRows(params)),
    countedColumns: countedTaps('left', 'kx', [counted[1], counted[3]], alongColumns(params)),
    channels,
    lanes,
    laneCount:
      channels % lanes === 0 ? `${lanes}` : `(first + ${lanes} > ${channels} ? ${channels % lanes} : ${lanes})`,
    sumType: type,
    sum: kind === 'mean' ? 'pooled[lane] / count' : 'pooled[lane]',
    value: storeText(store, variables, scope),
  }
  return { template: 'c/kernels/pool.c', context, parameters: parametersOf(call, { x: buffers.x }) }
}

/** Channels that are pooled together: all of few, an even part of many where there is one. */
function poolLanes(channels: number): number {
  for (let lanes = Math.min(channels, 32); lanes >= 8; lanes--) if (channels % lanes === 0) return lanes
  return Math.min(channels, 32)
}

function poolTitle(params: WindowParams & { channels: number }, what: string, result: string): string {
  const { inHeight, inWidth, outHeight, outWidth, channels, kernelHeight, kernelWidth } = params
  const shapes = `[${inHeight}][${inWidth}][${channels}] to [${outHeight}][${outWidth}][${channels}] ${result}`
  return `${what} over ${kernelHeight}x${kernelWidth}${windowTitle(params)}: ${shapes}.`
}

export function poolBitsLayer(call: Call<'poolBits'>, scope: Scope): Layer {
  const { params, buffers } = call
  const context = {
    ...windowContext(params, call, params.channels),
    comment: commentOf(call, poolTitle(params, 'OR of bits', 'bits'), scope),
    words: params.words,
  }
  return { template: 'c/kernels/pool-bits.c', context, parameters: parametersOf(call, { x: buffers.x }) }
}
