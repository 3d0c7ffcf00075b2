import { wordsFor } from '../../ir/bits.ts'
import { isArg } from '../../ir/expr.ts'
import { alongRows, mayMiss } from '../axis.ts'
import type { ConvolutionParams } from '../kernels.ts'
import type { Call } from '../plan.ts'
import { arrangeFilters, arrangeSigns, blocksFor, lanesFor, signBitsFor, signLanesFor } from './arrange.ts'
import type { Data, Layout } from './constants.ts'
import { sumPitchOf } from './functions.ts'
import { commentOf, type Layer, parametersOf, type Scope, storeText } from './layer.ts'
import { cType, linear, times } from './names.ts'
import { imageVariables, pixelStart, resultTitle, windowContext, windowTitle } from './windows.ts'

/** Pixels of a row that are computed together: enough to hide latencies, few enough for registers. */
const PIXELS = 8

/** How one kind of convolution adds up a run of x against a block of filters. */
interface Adder {
  /** Of the function for one pixel, without the number of lanes. */
  readonly name: string
  readonly layout: Layout
  /** Filters side by side in the arrangement, and filters computed together: two such blocks, or one. */
  readonly lanes: number
  readonly width: number
  /** C type of the arranged weights. */
  readonly weightType: string
  /** Elements of x in a tap, and weights of a block in a tap. */
  readonly depth: number
  readonly tapSize: number
}

export function convolutionLayer(call: Call<'conv2d' | 'binaryConv2d'>, scope: Scope): Layer {
  const { params, store, buffers } = call
  const { filters, groups, channels, kernelHeight, kernelWidth, outWidth, strideX, dilationX, padLeft } = params
  const { name, layout, lanes, width, weightType, depth, tapSize } = adderOf(call)
  const perGroup = filters / groups
  const blocks = blocksFor({ filters, groups, lanes })
  const blockSize = kernelHeight * kernelWidth * tapSize
  const together = width / lanes
  const binary = call.kernel === 'binaryConv2d'
  // Taps side by side in x are side by side in the weights too: one run covers a row of the kernel.
  const contiguous = groups === 1 && dilationX === 1
  const window = windowContext(params, call, filters)
  const padded = window.kxFirst !== '0' || window.kxEnd !== `${kernelWidth}`
  const pixels = Math.min(PIXELS, outWidth)
  const group = `block / ${blocks}`
  const rowByRow = params.inRing < params.images * params.inHeight && kernelHeight > 1
  const ky = rowByRow ? 'ky' : 'ky_first'
  // A window above or below the image has no weights to point at.
  const skipsRows = !rowByRow && mayMiss(alongRows(params))
  const startsAtZero = padded || rowByRow || skipsRows
  const context = {
    ...window,
    yElement: window.yPixel,
    comment: commentOf(call, titleOf(params, binary, resultTitle(call)), scope),
    weights: scope.constants.symbolOf(buffers.weights, layout),
    weightType,
    adder: `${name}_${pixels === 1 ? 1 : PIXELS}x${width}`,
    // A pair that would reach past the last block starts one block earlier, and computes that block again.
    blocks: together === 2 ? Math.ceil(blocks / 2) : blocks * groups,
    first:
      together === 2
        ? pairText(blocks)
        : groups === 1
          ? linear('block', lanes, 0)
          : `${group} * ${perGroup} + block % ${blocks} * ${lanes}`,
    filtersStart: together === 2 ? times('first', blockSize / lanes) : times('block', blockSize),
    nextBlock: together === 2 ? `${blockSize}, ` : '',
    pixels,
    pixelCount: outWidth % pixels === 0 ? `${pixels}` : `clamp_int(${outWidth} - start_column, 0, ${pixels})`,
    sumPitch: sumPitchOf(width),
    sumCount: (pixels === 1 ? 1 : PIXELS) * sumPitchOf(width),
    padded,
    mergesTaps: padded && contiguous,
    leftmost: linear('start_column', strideX, -padLeft),
    rightmost: linear('(start_column + pixels - 1)', strideX, -padLeft),
    tapLeft: linear('kx', dilationX, -padLeft),
    dilation: dilationX,
    stride: strideX,
    taps: kernelWidth,
    inWidth: params.inWidth,
    run: contiguous ? (padded ? 'kx == whole && whole < whole_end ? whole_end - whole : 1' : `${kernelWidth}`) : '1',
    timesDepth: depth === 1 ? '' : ` * ${depth}`,
    xStart: `${pixelStart(params, linear('start_column', strideX, -padLeft), groups * depth, ky)}${groups === 1 ? '' : ` + ${group} * ${depth}`}`,
    // Rows of a ring do not follow each other in memory, so each is a call of its own.
    rowByRow,
    skipsRows,
    rows: rowByRow ? '1' : 'ky_end - ky_first',
    rowPitch: params.dilationY * params.inWidth * groups * depth,
    nextRow: kernelWidth * tapSize,
    // The first of several calls makes the sums, unless there may be none: then they start as zeros.
    zeroed: startsAtZero,
    fresh: startsAtZero ? '0' : contiguous ? '1' : 'kx == 0',
    pitch: strideX * groups * depth,
    tapStart: times(`(${times(ky, kernelWidth)} + kx)`, tapSize),
    laneCount: laneCount(perGroup, width, groups === 1 ? 'first' : `block % ${blocks} * ${lanes}`),
    counts: binary,
    thresholds: thresholdsOf(call, scope),
    reach: `reach_${binary ? 'i32' : 'f32'}_${pixels === 1 ? 1 : PIXELS}x${width}`,
    offset: channels === 1 ? 'taps' : `${channels} * taps`,
    startPixel: times('start_column', wordsFor(filters)),
    yPixelPitch: wordsFor(filters),
    sumType: binary ? 'int32_t' : 'float',
    sum: binary ? `${channels === 1 ? '' : `${channels} * `}taps - 2 * sum[lane]` : 'sum[lane]',
    value: storeText(store, imageVariables, scope),
  }
  return { template: 'c/kernels/conv2d.c', context, parameters: parametersOf(call, { x: buffers.x }) }
}

/** The symbol of the thresholds, where all that is stored is whether sums reach one threshold per filter. */
function thresholdsOf({ store, kernel }: Call<'conv2d' | 'binaryConv2d'>, { constants }: Scope): string {
  const { expr, operands } = store
  const [threshold] = operands
  if (expr.fn !== 'ge' || !isArg(expr.args[0]!, 0) || !isArg(expr.args[1]!, 1) || !threshold) return ''
  const isPerFilter = threshold.strides.join() === '0,0,1' && threshold.buffer.place.kind === 'constant'
  const isSameType = threshold.dtype === (kernel === 'conv2d' ? 'f32' : 'i32')
  return isPerFilter && isSameType ? constants.symbolOf(threshold.buffer) : ''
}

/** First filter of a pair of blocks of 16. */
const pairText = (blocks: number): string =>
  blocks % 2 === 0 ? 'block * 32' : `clamp_int(block * 32, 0, ${(blocks - 2) * 16})`

function adderOf({ kernel, params, buffers }: Call<'conv2d' | 'binaryConv2d'>): Adder {
  const { filters, groups, channels, kernelHeight, kernelWidth } = params
  const bits = buffers.weights.element === 'u32'
  const signs = kernel === 'conv2d' && bits
  const lanes = signs ? signLanesFor(filters / groups) : lanesFor(filters / groups)
  const depth = kernel === 'binaryConv2d' ? wordsFor(channels) : channels
  const shape = { filters, groups, taps: kernelHeight * kernelWidth, depth, lanes }
  const suffix = buffers.x.element === 'u8' ? '_u8' : ''
  const count = groups * blocksFor(shape)
  const width = !signs && groups === 1 && lanes === 16 && count > 1 ? 32 : lanes
  const size = `[${count} block${count === 1 ? '' : 's'}][${kernelHeight}][${kernelWidth}][${depth}]`
  if (signs) {
    const arrange = (data: Data): Data => arrangeSigns(data as Uint32Array, shape)
    const layout = { layout: `${size}, a bit for each of ${lanes} filters`, arrange }
    const weightType = `uint${signBitsFor(lanes)}_t`
    return { name: `accumulate_signs${suffix}`, layout, lanes, width, weightType, depth, tapSize: depth }
  }
  const arrange = (data: Data): Data => arrangeFilters(data as Float32Array | Uint32Array, shape)
  const name = bits ? 'count_mismatches' : `accumulate${suffix}`
  const layout = { layout: `${size}[${lanes} filters]`, arrange }
  const weightType = cType[buffers.weights.element]
  return { name, layout, lanes, width, weightType, depth, tapSize: depth * lanes }
}

/** Filters of a block: all its lanes, or what is left from its first filter on. */
const laneCount = (filters: number, width: number, first: string): string =>
  filters % width === 0 ? `${width}` : `clamp_int(${filters} - (${first}), 0, ${width})`

function titleOf(params: ConvolutionParams, binary: boolean, result: string): string {
  const { inHeight, inWidth, channels, groups, outHeight, outWidth, filters, kernelHeight, kernelWidth } = params
  const kind = binary ? 'Binary' : 'Float'
  const x = `[${inHeight}][${inWidth}][${groups * channels}]`
  if (kernelHeight === inHeight && kernelWidth === inWidth && outHeight * outWidth === 1)
    return `${kind} dense layer: ${x} to [${filters}] ${result}.`
  const grouped = groups > 1 ? `, ${groups} groups` : ''
  const kernel = `${kernelHeight}x${kernelWidth}${windowTitle(params)}${grouped}`
  return `${kind} convolution ${kernel}: ${x} to [${outHeight}][${outWidth}][${filters}] ${result}.`
}
