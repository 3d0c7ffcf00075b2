import { wordsFor } from '../../ir/bits.ts'
import { isArg } from '../../ir/expr.ts'
import { splitWeights } from '../../ir/integer-sums.ts'
import { alongColumns, lastTap } from '../axis.ts'
import type { ConvolutionParams } from '../kernels.ts'
import { wrapLiterals } from '../literals.ts'
import type { Buffer, Call } from '../plan.ts'
import { type StartSums, startSums } from '../tap-kinds.ts'
import {
  arrangeIntegers,
  arrangeStarts,
  blocksOf,
  type IntegerArrangement,
  pairsOf,
  widthFor,
} from './arrange-integers.ts'
import { commentOf, type Layer, parametersOf, type Scope, storeText } from './layer.ts'
import { times } from './names.ts'
import { imageVariables, resultTitle, windowContext, windowTitle } from './windows.ts'

type IntegerCall = Call<'integerConv2d'>

/** Pixels of a row that are computed together. */
const PIXELS = 8

/**
 * Bytes are widened to 16 bits first, a few rows at a time, so that the inner loops know neither borders nor bytes.
 * Weights of more than 16 bits are coarse ones for bytes that are moved up, and fine ones. Where a result is a bit, the
 * fine ones are only needed next to a threshold.
 */
export function integerLayer(call: IntegerCall, scope: Scope): Layer {
  const { params, store, buffers } = call
  const { filters, groups, outWidth } = params
  const width = widthFor(filters / groups)
  const pixels = outWidth === 1 ? 1 : PIXELS
  const starts = startSums(dataOf(buffers.offsets), params)
  const window = windowContext(params, call, filters)
  const block = blockTexts(params, width)
  const context = {
    ...window,
    ...seenContext(params, starts, block.groupStart),
    ...startContext(call, starts, pixels, scope),
    ...weightContext(call, scope),
    yElement: window.yPixel,
    comment: commentOf(call, titleOf(params, resultTitle(call)), scope),
    blocks: block.count,
    first: block.first,
    laneCount: block.laneCount,
    width,
    pixels,
    pixelCount: outWidth % pixels === 0 ? `${pixels}` : `clamp_int(${outWidth} - start_column, 0, ${pixels})`,
    sumCount: pixels * width,
    adder: `add_products_${pixels}x${width}`,
    inDoubt: `in_doubt_${pixels}x${width}`,
    atLeast: `at_least_${pixels}x${width}`,
    startPixel: times('start_column', wordsFor(filters)),
    yPixelPitch: wordsFor(filters),
    sumType: 'int32_t',
    sum: 'sum[lane]',
    value: storeText(store, imageVariables, scope),
  }
  return { template: 'c/kernels/integer-conv2d.c', context, parameters: parametersOf(call, { x: buffers.x }) }
}

/** Which filters a block has, and where its group starts in a pixel. */
function blockTexts({ filters, groups, channels }: ConvolutionParams, width: number) {
  const perGroup = filters / groups
  const blocks = blocksOf({ filters, groups, width })
  const group = blocks === 1 ? 'block' : `block / ${blocks}`
  const within = blocks === 1 ? '0' : times(groups === 1 ? 'block' : `block % ${blocks}`, width)
  return {
    count: groups * blocks,
    first: groups === 1 ? within : `${times(group, perGroup)}${blocks === 1 ? '' : ` + ${within}`}`,
    laneCount: perGroup % width === 0 ? `${width}` : `clamp_int(${perGroup} - ${inParentheses(within)}, 0, ${width})`,
    groupStart: groups === 1 ? '' : ` + ${group} * ${channels}`,
  }
}

const inParentheses = (text: string): string => (text.includes(' ') ? `(${text})` : text)

/** The stretches of x that windows read: taps side by side in x are one run. */
function runsOf({ groups, channels, kernelWidth, dilationX }: ConvolutionParams) {
  const joined = groups === 1 && dilationX === 1
  return joined ? { runs: 1, run: kernelWidth * channels } : { runs: kernelWidth, run: channels }
}

/** The rows that windows see, with zeros around them. */
function seenContext(params: ConvolutionParams, { rows }: StartSums, groupStart: string) {
  const { images, groups, channels, kernelHeight, inHeight, inWidth, outHeight, strideX, dilationX, dilationY } = params
  const pitch = groups * channels
  const { runs, run } = runsOf(params)
  const columns = params.padLeft + Math.max(inWidth, lastTap(alongColumns(params)) + 1)
  // The last pair of an odd run reaches one further.
  const rowLength = columns * pitch + 1
  const inImage = `top + ${times('ky', dilationY)}`
  const inputRow = images > 1 ? `row / ${outHeight} * ${inHeight} + ${inImage}` : inImage
  // No pointer starts at a tap that a window without rows does not have.
  const firstTap = rows.kinds.some(({ first, end }) => first === end)
    ? '(ky_first < ky_end ? ky_first : 0)'
    : 'ky_first'
  const filterSize = runs * pairsOf(run) * widthFor(params.filters / groups) * 2
  return {
    seenLength: kernelHeight * rowLength,
    seenStart: `${times('ky', rowLength)} + ${params.padLeft * pitch} + i`,
    imageLength: inWidth * pitch,
    xStart: `(${inputRow}) * ${inWidth * pitch}`,
    window: `${times(firstTap, rowLength)} + ${times('start_column', strideX * pitch)}${groupStart}`,
    filtersStart: `(${times('block', kernelHeight)} + ${firstTap}) * ${filterSize}`,
    rowPitch: rowLength,
    pitch: strideX * pitch,
    runs,
    runPitch: runs === 1 ? 0 : dilationX * pitch,
    pairs: pairsOf(run),
  }
}

/** What sums start at, by where the window lies. */
function startContext({ name, buffers, params }: IntegerCall, starts: StartSums, pixels: number, { constants }: Scope) {
  const { images, filters, groups, outHeight, outWidth } = params
  const width = widthFor(filters / groups)
  const blocks = groups * blocksOf({ filters, groups, width })
  const { rows, columns, values } = starts
  const row = images > 1 ? `row % ${outHeight}` : 'row'
  const ofRow = rows.kinds.length === 1 ? '' : `row_kinds[${row}] * ${columns.kinds.length * blocks * width} + `
  const pixel = outWidth % pixels === 0 ? 'pixel' : '(pixel < pixels ? pixel : 0)'
  const size = `[${rows.kinds.length}][${columns.kinds.length}][${blocks} block${blocks === 1 ? '' : 's'}]`
  return {
    kinds: [...kindTable('row_kinds', rows), ...kindTable('column_kinds', columns)],
    starts: constants.symbolOf(buffers.offsets, {
      layout: `the sums that ${name} starts with, by which taps are inside: ${size}[${width} filters]`,
      arrange: () => arrangeStarts(values, { filters, groups, width }),
    }),
    blockStarts: `${ofRow}${times('block', width)}`,
    columnStart: columns.kinds.length === 1 ? '' : ` + column_kinds[start_column + ${pixel}] * ${blocks * width}`,
  }
}

/** A table of rows or columns, unless all of them are of one kind. */
const kindTable = (name: string, { kinds, kindOf }: StartSums['rows']) =>
  kinds.length === 1 ? [] : [{ name, length: kindOf.length, literals: wrapLiterals(kindOf, String, '    ') }]

/** The weights, and the thresholds where all that is stored is whether sums reach one per filter. */
function weightContext(call: IntegerCall, { constants }: Scope) {
  const { buffers, params } = call
  const { filters, groups, kernelHeight } = params
  const { runs, run } = runsOf(params)
  const shape: IntegerArrangement = {
    filters,
    groups,
    runs: kernelHeight * runs,
    run,
    width: widthFor(filters / groups),
  }
  const blocks = groups * blocksOf(shape)
  const size = `[${blocks} block${blocks === 1 ? '' : 's'}][${kernelHeight}]${runs === 1 ? '' : `[${runs}]`}`
  const layout = `${size}[${pairsOf(run)}][${shape.width} filters][2]`
  const { coarse, fine, shift } = splitWeights(dataOf(buffers.weights))
  const arranged = (what: string, weights: Int32Array): string =>
    constants.symbolOf(buffers.weights, { layout: `${what}${layout}`, arrange: () => arrangeIntegers(weights, shape) })
  const threshold = thresholdOf(call)
  return {
    shift: shift > 0 ? 2 ** shift : 0,
    weights: arranged(shift > 0 ? `multiples of ${2 ** shift}, ` : '', coarse),
    fineWeights: shift > 0 ? arranged('the rest, ', fine) : '',
    thresholds: threshold ? constants.symbolOf(threshold) : '',
    slack:
      threshold && shift > 0
        ? constants.symbolOf(buffers.weights, {
            layout: 'most that the rest adds to a sum',
            arrange: () => slackOf(fine, filters),
          })
        : '',
  }
}

/** Per filter, what its fine weights add to a sum or take from it at most. */
function slackOf(fine: Int32Array, filters: number): Int32Array {
  const size = fine.length / filters
  return Int32Array.from({ length: filters }, (_, filter) => {
    const own = fine.subarray(filter * size, (filter + 1) * size)
    const most = (sign: 1 | -1) => own.reduce((sum, weight) => sum + Math.max(sign * weight, 0), 0)
    return 255 * Math.max(most(1), most(-1))
  })
}

function thresholdOf({ store: { expr, operands } }: IntegerCall): Buffer | undefined {
  const [threshold] = operands
  if (expr.fn !== 'ge' || !isArg(expr.args[0]!, 0) || !isArg(expr.args[1]!, 1) || threshold?.dtype !== 'i32')
    return undefined
  const isPerFilter = threshold.strides.join() === '0,0,1' && threshold.buffer.place.kind === 'constant'
  return isPerFilter ? threshold.buffer : undefined
}

function dataOf({ name, place }: Buffer): Int32Array {
  if (place.kind !== 'constant') throw new Error(`'${name}' is no constant`)
  return place.data as Int32Array
}

function titleOf(params: ConvolutionParams, result: string): string {
  const { inHeight, inWidth, channels, groups, outHeight, outWidth, filters, kernelHeight, kernelWidth } = params
  const x = `[${inHeight}][${inWidth}][${groups * channels}] bytes`
  if (kernelHeight === inHeight && kernelWidth === inWidth && outHeight * outWidth === 1)
    return `Integer dense layer: ${x} to [${filters}] ${result}.`
  const grouped = groups > 1 ? `, ${groups} groups` : ''
  const kernel = `${kernelHeight}x${kernelWidth}${windowTitle(params)}${grouped}`
  return `Integer convolution ${kernel}: ${x} to [${outHeight}][${outWidth}][${filters}] ${result}.`
}
