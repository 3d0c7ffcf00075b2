import { wordsFor } from '../../../ir/bits.ts'
import { splitWeights } from '../../../ir/integer-sums.ts'
import type { ConvolutionParams } from '../../../plan/kernels.ts'
import type { Buffer, Call } from '../../../plan/plan.ts'
import { type StartSums, startSums } from '../../../plan/tap-kinds.ts'
import { alongColumns, lastTap } from '../../../plan/windows.ts'
import { wrapLiterals } from '../../print/literals.ts'
import { callText, conditionText } from '../functions/choice.ts'
import { clampInt } from '../functions/plain.ts'
import { doubtOf, productsOf } from '../functions/products.ts'
import { reachOf } from '../functions/reach.ts'
import { inParentheses, plus, sumText, times } from '../names.ts'
import {
  arrangeIntegers,
  arrangeStarts,
  blocksOf,
  type IntegerArrangement,
  shapeFor,
  slackOf,
  stepsOf,
} from './arrange-integers.ts'
import { body, commentOf, type Layer, parametersOf, type Scope, storeText } from './layer.ts'
import { pixelTexts } from './pixels.ts'
import { imageVariables, resultTitle, storedContext, windowContext, windowTitle } from './windows.ts'

type IntegerCall = Call<'integerConv2d'>

/**
 * Bytes are widened to 16 bits first, a few rows at a time, so that the inner loops know neither borders nor bytes.
 * For vectors, weights of more than 16 bits are coarse ones for bytes that are moved up, and fine ones. Where a result is
 * a bit, the fine ones are only needed next to a threshold.
 */
export function integerLayer(call: IntegerCall, scope: Scope): Layer {
  const { params, store, buffers } = call
  const { filters, outWidth } = params
  const arrangement = arrangementOf(params, scope)
  const { width } = arrangement
  const pixels = pixelTexts(outWidth, scope)
  const starts = startSums(dataOf(buffers.offsets), params)
  const block = blockTexts(params, width, scope)
  const { many, eachColumns, pixelsLeft, eachPixel, column } = pixels
  const columns = { many, eachColumns, pixelsLeft, eachPixel, column }
  const seen = seenContext(params, arrangement, starts, pixels.startColumn, block)
  const context = {
    ...windowContext(params, call, filters, scope),
    ...storedContext(call, filters, scope),
    ...columns,
    ...seen,
    ...startContext(call, arrangement, starts, pixels, block.at, scope),
    ...callContext(call, arrangement, pixels, block.laneCount, scope),
    comment: commentOf(call, titleOf(params, resultTitle(call)), scope),
    eachBlock: block.count === 1 ? '' : `for (int block = 0; block < ${block.count}; block++)`,
    firstFilter: block.first,
    first: 'first',
    laneCount: block.laneCount,
    width,
    sumCount: pixels.most * width,
    pixelSums: pixels.many ? `sums + pixel * ${width}` : 'sums',
    eachSum: pixels.many ? `for (int pixel = 0; pixel < ${pixels.most}; pixel++)` : '',
    sumType: 'int32_t',
    sum: 'sum[lane]',
    value: storeText(store, imageVariables(), scope),
  }
  const parameters = parametersOf(call, { x: buffers.x })
  return { ...body('c/kernels/integer-conv2d.c', context), byRows: true, parameters }
}

/** Which filters a block has, and where its group starts in a pixel. */
function blockTexts({ filters, groups, channels }: ConvolutionParams, width: number, { use }: Scope) {
  const perGroup = filters / groups
  const blocks = blocksOf({ filters, groups, width })
  const count = groups * blocks
  const at = count === 1 ? '0' : 'block'
  const group = blocks === 1 ? at : `${at} / ${blocks}`
  const within = blocks === 1 ? '0' : times(groups === 1 ? at : `${at} % ${blocks}`, width)
  return {
    count,
    at,
    first: groups === 1 ? within : sumText(times(group, perGroup), within),
    laneCount:
      perGroup % width === 0 ? `${width}` : `${use(clampInt)}(${perGroup} - ${inParentheses(within)}, 0, ${width})`,
    groupStart: groups === 1 ? '' : plus(times(group, channels)),
  }
}

/** The stretches of x that windows read: taps side by side in x are one run. */
function runsOf({ groups, channels, kernelWidth, dilationX }: ConvolutionParams) {
  const joined = groups === 1 && dilationX === 1
  return joined ? { runs: 1, run: kernelWidth * channels } : { runs: kernelWidth, run: channels }
}

/** The rows that windows see, with zeros around them. */
function seenContext(
  params: ConvolutionParams,
  arrangement: IntegerArrangement,
  { rows }: StartSums,
  startColumn: string,
  { at, groupStart }: ReturnType<typeof blockTexts>,
) {
  const { images, groups, channels, kernelHeight, inHeight, inWidth, outHeight, strideX, dilationY } = params
  const pitch = groups * channels
  const rowLength = rowLengthOf(params)
  const inImage = `top + ${times('ky', dilationY)}`
  const inputRow = images > 1 ? `row / ${outHeight} * ${inHeight} + ${inImage}` : inImage
  // No pointer starts at a tap that a window without rows does not have.
  const firstTap = rows.kinds.some(({ first, end }) => first === end)
    ? '(ky_first < ky_end ? ky_first : 0)'
    : 'ky_first'
  const { width, step } = arrangement
  const filterSize = runsOf(params).runs * stepsOf(arrangement) * width * step
  return {
    seenLength: kernelHeight * rowLength,
    seenStart: `${times('ky', rowLength)} + ${params.padLeft * pitch} + i`,
    imageLength: inWidth * pitch,
    xStart: `(${inputRow}) * ${inWidth * pitch}`,
    window: `${times(firstTap, rowLength)}${plus(times(startColumn, strideX * pitch))}${groupStart}`,
    filtersStart: times(inParentheses(sumText(times(at, kernelHeight), firstTap)), filterSize),
  }
}

/** Elements of a row with its zeros; the last pair of an odd run reaches one further. */
const rowLengthOf = (params: ConvolutionParams): number => {
  const columns = params.padLeft + Math.max(params.inWidth, lastTap(alongColumns(params)) + 1)
  return columns * params.groups * params.channels + 1
}

/** What sums start at, by where the window lies. */
function startContext(
  { name, buffers, params }: IntegerCall,
  { width }: IntegerArrangement,
  starts: StartSums,
  { most, pixel, startColumn }: ReturnType<typeof pixelTexts>,
  block: string,
  { constants }: Scope,
) {
  const { images, filters, groups, outHeight } = params
  const blocks = groups * blocksOf({ filters, groups, width })
  const { rows, columns, values } = starts
  const row = images > 1 ? `row % ${outHeight}` : 'row'
  const ofRow = rows.kinds.length === 1 ? '' : ` + row_kinds[${row}] * ${columns.kinds.length * blocks * width}`
  const inRow = params.outWidth % most === 0 ? pixel : '(pixel < pixels ? pixel : 0)'
  const size = `[${rows.kinds.length}][${columns.kinds.length}][${blocks} block${blocks === 1 ? '' : 's'}]`
  return {
    kinds: [...kindTable('row_kinds', rows), ...kindTable('column_kinds', columns)],
    starts: constants.symbolOf(buffers.offsets, {
      layout: `the sums that ${name} starts with, by which taps are inside: ${size}[${width} filters]`,
      arrange: () => arrangeStarts(values, { filters, groups, width }),
    }),
    blockStarts: `${ofRow}${plus(times(block, width))}`,
    columnStart:
      columns.kinds.length === 1 ? '' : ` + column_kinds[${sumText(startColumn, inRow)}] * ${blocks * width}`,
  }
}

/** A table of rows or columns, unless all of them are of one kind. */
const kindTable = (name: string, { kinds, kindOf }: StartSums['rows']) =>
  kinds.length === 1 ? [] : [{ name, length: kindOf.length, literals: wrapLiterals(kindOf, String, '    ') }]

/** The calls that add up products, and store bits where all that is stored is whether sums reach a threshold. */
function callContext(
  call: IntegerCall,
  arrangement: IntegerArrangement,
  { most, pixels, startColumn }: ReturnType<typeof pixelTexts>,
  lanes: string,
  scope: Scope,
) {
  const { buffers, params, store } = call
  const { filters, groups, channels, strideX, dilationX } = params
  const { width, step } = arrangement
  const { runs } = runsOf(params)
  const data = dataOf(buffers.weights)
  const { coarse, fine, shift } = step === 2 ? splitWeights(data) : { coarse: data, fine: data, shift: 0 }
  const block = { pixels: most, width, step }
  const pitch = groups * channels
  const symbolOf = (layout: string, arrange: () => Int16Array | Int32Array): string =>
    scope.constants.symbolOf(buffers.weights, { layout, arrange })
  const products = scope.choose(productsOf(block))
  const productsText = (x: string, what: string, weights: Int32Array, column: number): string => {
    const symbol = symbolOf(`${what}${layoutOf(params, arrangement)}`, () => arrangeIntegers(weights, arrangement))
    const fixed = { pixels, row_pitch: rowLengthOf(params), pitch: strideX * pitch, rows: 'ky_end - ky_first', runs }
    const run_pitch = runs === 1 ? 0 : dilationX * pitch
    const steps = stepsOf(arrangement)
    const own = {
      x: `${x} + window`,
      weights: `${symbol} + filters`,
      run_pitch,
      pairs: steps,
      count: steps,
      sums: 'sums',
    }
    return callText(products, { ...fixed, ...own }, column, scope)
  }
  const coarseCall =
    shift > 0 ? productsText('high', `multiples of ${2 ** shift}, `, coarse, 8) : productsText('seen', '', coarse, 8)
  const thresholds = store.kind === 'threshold' ? scope.constants.symbolOf(store.operands[0]!.buffer) : undefined
  const compared = { sums: 'sums', pixels, thresholds: `${thresholds} + first`, lanes }
  const doubts = thresholds !== undefined && shift > 0
  const slack = doubts ? symbolOf('most that the rest adds to a sum', () => slackOf(fine, filters)) : ''
  const words = wordsFor(filters)
  const stored = { y: `y_row${plus(times(startColumn, words))}`, pitch: words, first: 'first' }
  return {
    shift: shift > 0 ? 2 ** shift : 0,
    coarseCall,
    doubtCall: doubts
      ? conditionText(scope.choose(doubtOf(block)), { ...compared, slack: `${slack} + first` }, 8, scope)
      : '',
    fineCall: shift > 0 ? productsText('seen', 'the rest, ', fine, doubts ? 10 : 8) : '',
    reachCall:
      thresholds === undefined
        ? ''
        : callText(
            scope.choose(reachOf({ sums: 'i32', pixels: most, width, sumPitch: width })),
            { ...compared, ...stored },
            8,
            scope,
          ),
  }
}

/** Without functions for vectors there is nothing that weights of 16 bits would be good for. */
function arrangementOf(params: ConvolutionParams, { sets }: Pick<Scope, 'sets'>): IntegerArrangement {
  const { filters, groups, kernelHeight } = params
  const { runs, run } = runsOf(params)
  return { filters, groups, runs: kernelHeight * runs, run, ...shapeFor(filters / groups, sets.length > 1) }
}

/** How weights lie, for the comment above them. */
function layoutOf(params: ConvolutionParams, arrangement: IntegerArrangement): string {
  const { runs } = runsOf(params)
  const { width, step } = arrangement
  const blocks = params.groups * blocksOf(arrangement)
  const size = `[${blocks} block${blocks === 1 ? '' : 's'}][${params.kernelHeight}]${runs === 1 ? '' : `[${runs}]`}`
  return `${size}[${stepsOf(arrangement)}][${width} filters]${step === 1 ? '' : `[${step}]`}`
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
