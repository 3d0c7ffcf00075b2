import { wordsFor } from '../../ir/bits.ts'
import { isArg } from '../../ir/expr.ts'
import { type SplitWeights, splitWeights } from '../../ir/integer-sums.ts'
import { alongColumns, lastTap } from '../axis.ts'
import type { ConvolutionParams } from '../kernels.ts'
import { wrapLiterals } from '../literals.ts'
import type { Call } from '../plan.ts'
import { type StartSums, startSums } from '../tap-kinds.ts'
import { arrangeIntegers, arrangeStarts, blocksOf, pairsOf, widthFor } from './arrange-integers.ts'
import type { Layout } from './constants.ts'
import { commentOf, type Layer, parametersOf, type Scope, storeText } from './layer.ts'
import { times } from './names.ts'
import { imageVariables, resultTitle, windowContext, windowTitle } from './windows.ts'

/** Pixels of a row that are computed together. */
const PIXELS = 8

/** Bytes are widened to 16 bits first, a few rows at a time, so that the inner loops know neither borders nor bytes. */
export function integerLayer(call: Call<'integerConv2d'>, scope: Scope): Layer {
  const { params, store, buffers } = call
  const { filters, groups, channels, kernelHeight, kernelWidth, inWidth, outWidth, strideX, dilationX } = params
  const perGroup = filters / groups
  const width = widthFor(perGroup)
  const pitch = groups * channels
  // Taps side by side in x are one run.
  const joined = groups === 1 && dilationX === 1
  const [runs, run] = joined ? [1, kernelWidth * channels] : [kernelWidth, channels]
  const pairs = pairsOf(run)
  const shape = { filters, groups, runs: kernelHeight * runs, run, width }
  const blocks = blocksOf(shape)
  const rowLength = seenWidth(params) * pitch + 1
  const split = splitWeights(dataOf(buffers.weights))
  const starts = startSums(dataOf(buffers.offsets), params)
  const lanes = groups * blocks * width
  const size = `[${groups * blocks} block${groups * blocks === 1 ? '' : 's'}]`
  const layout = `${size}[${kernelHeight}]${joined ? '' : `[${runs}]`}[${pairs}][${width} filters][2]`
  const window = windowContext(params, call, filters)
  const pixels = outWidth === 1 ? 1 : PIXELS
  const row = params.images > 1 ? `row % ${params.outHeight}` : 'row'
  const inGroup = blocks === 1 ? '0' : times(groups === 1 ? 'block' : `block % ${blocks}`, width)
  const group = blocks === 1 ? 'block' : `block / ${blocks}`
  const thresholds = thresholdsOf(call, scope)
  // No pointer starts at a tap that a window without rows does not have.
  const firstTap = starts.rows.kinds.some(({ first, end }) => first === end)
    ? '(ky_first < ky_end ? ky_first : 0)'
    : 'ky_first'
  const context = {
    ...window,
    yElement: window.yPixel,
    comment: commentOf(call, titleOf(params, resultTitle(call)), scope),
    kinds: kindsOf(starts),
    seenLength: kernelHeight * rowLength,
    seenStart: `${times('ky', rowLength)} + ${params.padLeft * pitch} + i`,
    imageLength: inWidth * pitch,
    xStart: `(${rowOf(params)}) * ${inWidth * pitch}`,
    blocks: groups * blocks,
    first: groups === 1 ? inGroup : `${times(group, perGroup)}${blocks === 1 ? '' : ` + ${inGroup}`}`,
    starts: scope.constants.symbolOf(buffers.offsets, {
      layout: `the sums that ${call.name} starts with, by which taps are inside: [${starts.rows.kinds.length}][${starts.columns.kinds.length}]${size}[${width} filters]`,
      arrange: () => arrangeStarts(starts.values, shape),
    }),
    blockStarts:
      starts.rows.kinds.length === 1
        ? times('block', width)
        : `row_kinds[${row}] * ${starts.columns.kinds.length * lanes} + ${times('block', width)}`,
    columnStart:
      starts.columns.kinds.length === 1
        ? ''
        : ` + column_kinds[start_column + ${outWidth % pixels === 0 ? 'pixel' : '(pixel < pixels ? pixel : 0)'}] * ${lanes}`,
    pixels,
    pixelCount: outWidth % pixels === 0 ? `${pixels}` : `clamp_int(${outWidth} - start_column, 0, ${pixels})`,
    sumCount: pixels * width,
    width,
    adder: `add_products_${pixels}x${width}`,
    window: `${times(firstTap, rowLength)} + ${times('start_column', strideX * pitch)}${groups === 1 ? '' : ` + ${group} * ${channels}`}`,
    rowPitch: rowLength,
    pitch: strideX * pitch,
    shift: split.shift > 0 ? 2 ** split.shift : 0,
    weights: scope.constants.symbolOf(buffers.weights, {
      layout: `${split.shift > 0 ? `multiples of ${2 ** split.shift}, ` : ''}${layout}`,
      arrange: () => arrangeIntegers(split.coarse, shape),
    }),
    ...(split.shift > 0
      ? fineContext(
          call,
          split,
          { layout, arrange: () => arrangeIntegers(split.fine, shape) },
          thresholds !== '',
          scope,
        )
      : {}),
    inDoubt: `in_doubt_${pixels}x${width}`,
    filtersStart: `(${times('block', kernelHeight)} + ${firstTap}) * ${runs * pairs * width * 2}`,
    runs,
    runPitch: joined ? 0 : dilationX * pitch,
    pairs,
    thresholds,
    atLeast: `at_least_${pixels}x${width}`,
    laneCount:
      perGroup % width === 0 ? `${width}` : `clamp_int(${perGroup} - ${withParentheses(inGroup)}, 0, ${width})`,
    startPixel: times('start_column', wordsFor(filters)),
    yPixelPitch: wordsFor(filters),
    sumType: 'int32_t',
    sum: 'sum[lane]',
    value: storeText(store, imageVariables, scope),
  }
  return { template: 'c/kernels/integer-conv2d.c', context, parameters: parametersOf(call, { x: buffers.x }) }
}

/** What rounding the weights left, and how much of a sum it can be. */
function fineContext(
  { buffers: { weights }, params: { filters } }: Call<'integerConv2d'>,
  { fine }: SplitWeights,
  { layout, arrange }: Layout,
  decides: boolean,
  { constants }: Scope,
) {
  const size = fine.length / filters
  const slack = Int32Array.from({ length: filters }, (_, filter) => {
    const own = fine.subarray(filter * size, (filter + 1) * size)
    const of = (sign: 1 | -1) => own.reduce((sum, weight) => sum + Math.max(sign * weight, 0), 0)
    return 255 * Math.max(of(1), of(-1))
  })
  return {
    fineWeights: constants.symbolOf(weights, { layout: `the rest, ${layout}`, arrange }),
    slack: decides
      ? constants.symbolOf(weights, { layout: 'most that the rest adds to a sum', arrange: () => slack })
      : '',
  }
}

const withParentheses = (text: string): string => (text.includes(' ') ? `(${text})` : text)

/** Row of x under tap row `ky`. */
function rowOf({ images, inHeight, outHeight, dilationY }: ConvolutionParams): string {
  const inImage = `top + ${times('ky', dilationY)}`
  return images > 1 ? `row / ${outHeight} * ${inHeight} + ${inImage}` : inImage
}

/** Columns of x that windows see, zeros on both sides among them. */
function seenWidth(params: ConvolutionParams): number {
  return params.padLeft + Math.max(params.inWidth, lastTap(alongColumns(params)) + 1)
}

function dataOf({ name, place }: Call<'integerConv2d'>['buffers']['offsets']): Int32Array {
  if (place.kind !== 'constant') throw new Error(`'${name}' is no constant`)
  return place.data as Int32Array
}

/** The tables of rows and columns that differ in their taps. */
const kindsOf = ({ rows, columns }: StartSums) =>
  [
    { name: 'row_kinds', ...rows },
    { name: 'column_kinds', ...columns },
  ].flatMap(({ name, kinds, kindOf }) =>
    kinds.length === 1 ? [] : [{ name, length: kindOf.length, literals: wrapLiterals(kindOf.map(String), '    ') }],
  )

/** The symbol of the thresholds, where all that is stored is whether sums reach one threshold per filter. */
function thresholdsOf({ store }: Call<'integerConv2d'>, { constants }: Scope): string {
  const { expr, operands } = store
  const [threshold] = operands
  if (expr.fn !== 'ge' || !isArg(expr.args[0]!, 0) || !isArg(expr.args[1]!, 1) || threshold?.dtype !== 'i32') return ''
  const isPerFilter = threshold.strides.join() === '0,0,1' && threshold.buffer.place.kind === 'constant'
  return isPerFilter ? constants.symbolOf(threshold.buffer) : ''
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
