import { wordsFor } from '../../../ir/bits.ts'
import { bytesOf } from '../../../plan/arena.ts'
import type { ConvolutionParams } from '../../../plan/kernels.ts'
import type { Call } from '../../../plan/plan.ts'
import { isColumn, turnedCall } from '../../../plan/turn.ts'
import { alongColumns, alongRows, mayMiss, staysInside } from '../../../plan/windows.ts'
import type { Data, Layout } from '../constants/index.ts'
import type { Block } from '../functions/blocks.ts'
import { callText } from '../functions/choice.ts'
import { clampInt, endTap, firstTap } from '../functions/plain.ts'
import { reachOf } from '../functions/reach.ts'
import { sumPitchOf, sumsOf } from '../functions/sums.ts'
import { cType, inParentheses, linear, plus, sumText, times } from '../names.ts'
import { arrangeFilters, arrangeSigns, blocksFor, lanesFor, signBitsFor, signLanesFor } from './arrange.ts'
import { body, commentOf, type Layer, parametersOf, type Scope, storeText } from './layer.ts'
import { pixelsTogether, pixelTexts } from './pixels.ts'
import { tablesCall, tablesLayer } from './tables.ts'
import {
  columnContext,
  imageVariables,
  pixelStart,
  resultTitle,
  storedContext,
  windowContext,
  windowTitle,
} from './windows.ts'

/** How one kind of convolution adds up a run of x against a block of filters. */
interface Adder {
  readonly block: Block
  readonly layout: Layout
  /** Elements of x in a tap, and weights of a block in a tap. */
  readonly depth: number
  readonly tapSize: number
}

export function convolutionLayer(given: Call<'conv2d' | 'binaryConv2d'>, scope: Scope): Layer {
  // Pixels share the weights in blocks along a row, so a column is printed as a row, and rows of it are columns there.
  const column = isColumn(given) && given.store.result !== 'bit'
  const call = column ? turnedCall(given) : given
  const { params, store, buffers } = call
  const { filters, groups, channels, kernelHeight, kernelWidth, outWidth, strideX, dilationX, padLeft } = params
  const { block, layout, depth, tapSize } = adderOf(call, scope.sets.length > 1)
  const { lanes, width, paired, sumPitch, weightType, sumType } = block
  const perGroup = filters / groups
  const blocks = blocksFor({ filters, groups, lanes })
  const blockSize = kernelHeight * kernelWidth * tapSize
  const binary = call.kernel === 'binaryConv2d'
  // Taps side by side in x are side by side in the weights too: one run covers a row of the kernel.
  const contiguous = groups === 1 && dilationX === 1
  const across = columnContext(params, scope, 'column')
  const padded = !staysInside(alongColumns(params))
  const pixels = pixelTexts(outWidth, scope, column, block.pixels)
  const { startColumn, ...columns } = pixels
  const { most, many } = pixels
  // A pair that would reach past the last block starts one block earlier, and computes that block again.
  const blockCount = paired ? Math.ceil(blocks / 2) : blocks * groups
  const eachBlock = blockCount === 1 ? '' : `for (int block = 0; block < ${blockCount}; block++)`
  const at = blockCount === 1 ? '0' : 'block'
  const group = blocks === 1 ? at : `${at} / ${blocks}`
  const within = times(blocks === 1 ? '0' : groups === 1 ? at : `${at} % ${blocks}`, lanes)
  const rowByRow = params.inRing < params.images * params.inHeight && kernelHeight > 1
  const ky = rowByRow ? 'ky' : 'ky_first'
  // A window above or below the image has no weights to point at.
  const skipsRows = !rowByRow && mayMiss(alongRows(params))
  const startsAtZero = padded || rowByRow || skipsRows
  const tapByTap = padded || (!contiguous && kernelWidth > 1)
  // The taps of one pixel that are inside the image are one run.
  const oneRun = padded && contiguous && !many
  const skipsPixels = padded && !oneRun
  const kx = oneRun ? 'whole' : tapByTap ? 'kx' : '0'
  const run = padded && contiguous ? 'kx == whole && whole < whole_end ? whole_end - whole : 1' : '1'
  const runLength = oneRun ? '(whole_end - whole)' : padded ? 'run' : contiguous ? `${kernelWidth}` : '1'
  const left = linear(startColumn, strideX, -padLeft)
  const groupStart = groups === 1 ? '' : ` + ${times(group, depth)}`
  const sums = scope.choose(sumsOf(block))
  const sumsArgs = {
    x: 'x',
    start: `${pixelStart(params, left, groups * depth, { ky, kx })}${groupStart}`,
    row_pitch: params.dilationY * params.inWidth * groups * depth,
    pitch: strideX * groups * depth,
    from: padded ? 'from' : '0',
    to: padded ? 'to' : pixels.pixels,
    weights: `filters${plus(times(kx === '0' ? times(ky, kernelWidth) : `(${times(ky, kernelWidth)} + ${kx})`, tapSize))}`,
    next_block: blockSize,
    next_row: kernelWidth * tapSize,
    // Rows of a ring do not follow each other in memory, so each is a call of its own.
    rows: rowByRow ? '1' : 'ky_end - ky_first',
    count: times(runLength, depth),
    // The first of several calls makes the sums, unless there may be none: then they start as zeros.
    fresh: startsAtZero ? '0' : tapByTap ? 'kx == 0' : '1',
    sums: 'sums',
  }
  const laneText = laneCount(perGroup, width, groups === 1 ? 'first' : within, scope)
  const weights = scope.constants.symbolOf(buffers.weights, layout)
  const parameters = parametersOf(call, { x: buffers.x })
  const byTables = given.kernel === 'binaryConv2d' ? tablesLayer(given, weights, scope) : {}
  const context = {
    ...windowContext(params, call, filters, scope),
    ...(column ? { eachImageRow: '{', top: '0', yStart: 'y' } : {}),
    ...across,
    ...storedContext(call, filters, scope, 'first', column ? inRing(given.params) : 'column'),
    outWidth,
    ...columns,
    first: 'first',

    comment: commentOf(call, titleOf(params, binary, resultTitle(call)), scope),
    weights,
    ...tablesCall(byTables.tables, parameters, scope),
    weightType,
    ...(blocksFirst(call, blockCount)
      ? { eachBlockOfImage: eachBlock, eachBlock: '', clearsIf: 'if (block == 0) ' }
      : { eachBlockOfImage: '', eachBlock }),
    firstFilter: paired ? pairText(blocks, at, scope) : groups === 1 ? within : sumText(times(group, perGroup), within),
    filtersStart: plus(paired ? times('first', blockSize / lanes) : times(at, blockSize)),
    sumCount: most * sumPitch,
    pixelSums: many ? `sums + pixel * ${sumPitch}` : 'sums',
    padded,
    mergesTaps: padded && contiguous,
    leftmost: left,
    rightmost: many ? linear(`(${sumText(startColumn, 'pixels')} - 1)`, strideX, -padLeft) : left,
    tapLeft: linear('kx', dilationX, -padLeft),
    minusStart: startColumn === '0' ? '' : ` - ${startColumn}`,
    dilation: dilationX,
    stride: strideX,
    taps: kernelWidth,
    inWidth: params.inWidth,
    run,
    eachRow: rowByRow ? 'for (int ky = ky_first; ky < ky_end; ky++)' : skipsRows ? 'if (ky_first < ky_end)' : '',
    skipsPixels,
    eachTap: !tapByTap
      ? ''
      : oneRun
        ? 'if (whole < whole_end)'
        : padded
          ? `for (int kx = 0, run; kx < ${kernelWidth}; kx += run)`
          : `for (int kx = 0; kx < ${kernelWidth}; kx++)`,
    sumsCall: callText(sums, sumsArgs, padded ? 14 : 12, scope),
    zeroed: startsAtZero ? ' = {0}' : '',
    laneCount: laneText,
    counts: binary,
    reachCall: reachText(call, block, pixels, laneText, scope),
    offset: channels === 1 ? 'taps' : `${channels} * taps`,
    sumType,
    sum: binary ? `${channels === 1 ? '' : `${channels} * `}taps - 2 * sum[lane]` : 'sum[lane]',
    value: storeText(store, column ? ['0', ...imageVariables().slice(1)] : imageVariables(), scope),
    firstTap: padded ? scope.use(firstTap) : '',
    endTap: padded ? scope.use(endTap) : '',
    clampInt: skipsPixels ? scope.use(clampInt) : '',
  }
  return { ...body('c/kernels/conv2d.c', context), byRows: true, parameters, ...byTables }
}

/** Bytes that a cache near a core holds. */
const NEAR = 1 << 20

/**
 * Whether all rows take a block of filters before any takes the next: weights that come from afar are read once then, not
 * for every row, and x as often as there are blocks. A strip asks for a row at a time.
 */
function blocksFirst({ params, buffers }: Call<'conv2d' | 'binaryConv2d'>, blockCount: number): boolean {
  const rows = params.images * params.outHeight
  const weightBytes = bytesOf(buffers.weights)
  const whole = params.inRing === params.images * params.inHeight && params.outRing === rows
  return whole && weightBytes > NEAR && weightBytes * rows > bytesOf(buffers.x) * blockCount
}

/** The call that stores bits, where all that is stored is whether sums reach one threshold per filter. */
function reachText(
  { store, kernel, params }: Call<'conv2d' | 'binaryConv2d'>,
  { width, sumPitch }: Block,
  { most, pixels, startColumn }: ReturnType<typeof pixelTexts>,
  lanes: string,
  scope: Scope,
): string {
  const sums = kernel === 'conv2d' ? 'f32' : 'counts'
  if (store.kind !== 'threshold') return ''
  const { filters } = params
  return callText(
    scope.choose(reachOf({ sums, pixels: most, width, sumPitch })),
    {
      sums: 'sums',
      pixels,
      offsets: 'offsets',
      thresholds: `${scope.constants.symbolOf(store.operands[0]!.buffer)} + first`,
      lanes,
      y: `y_row${plus(times(startColumn, wordsFor(filters)))}`,
      pitch: wordsFor(filters),
      first: 'first',
    },
    8,
    scope,
  )
}

/** Where a row of a column is kept. Compilers divide a signed number by a power of two in four instructions. */
const inRing = ({ outRing, outHeight }: ConvolutionParams): string =>
  outRing === outHeight ? 'column' : (outRing & (outRing - 1)) === 0 ? `column & ${outRing - 1}` : `column % ${outRing}`

/** First filter of a pair of blocks of 16. */
const pairText = (blocks: number, block: string, { use }: Scope): string =>
  blocks % 2 === 0 ? times(block, 32) : `${use(clampInt)}(${times(block, 32)}, 0, ${(blocks - 2) * 16})`

/** Vectors want 16 sums each; without functions for them, sums take little stack. */
function adderOf({ kernel, params, buffers }: Call<'conv2d' | 'binaryConv2d'>, vectors: boolean): Adder {
  const { filters, groups, channels, kernelHeight, kernelWidth, outWidth } = params
  const bits = buffers.weights.element === 'u32'
  const signs = kernel === 'conv2d' && bits
  const lanes = signs ? signLanesFor(filters / groups) : lanesFor(filters / groups, vectors)
  const depth = kernel === 'binaryConv2d' ? wordsFor(channels) : channels
  const shape = { filters, groups, taps: kernelHeight * kernelWidth, depth, lanes }
  const count = groups * blocksFor(shape)
  const paired = vectors && !signs && groups === 1 && lanes === 16 && count > 1
  const width = paired ? 32 : lanes
  const size = `[${count} block${count === 1 ? '' : 's'}][${kernelHeight}][${kernelWidth}][${depth}]`
  const block: Block = {
    sum: signs ? 'accumulate_signs' : bits ? 'count_mismatches' : 'accumulate',
    xType: kernel === 'binaryConv2d' ? 'uint32_t' : buffers.x.element === 'u8' ? 'uint8_t' : 'float',
    weightType: signs ? `uint${signBitsFor(lanes)}_t` : cType[buffers.weights.element],
    sumType: kernel === 'binaryConv2d' ? 'int32_t' : 'float',
    pixels: pixelsTogether(kernel === 'binaryConv2d', outWidth, vectors),
    width,
    lanes,
    paired,
    sumPitch: vectors ? sumPitchOf(width) : width,
  }
  if (signs) {
    const arrange = (data: Data): Data => arrangeSigns(data as Uint32Array, shape)
    const layout = { layout: `${size}, a bit for each of ${lanes} filters`, arrange }
    return { block, layout, depth, tapSize: depth }
  }
  const arrange = (data: Data): Data => arrangeFilters(data as Float32Array | Uint32Array, shape)
  return { block, layout: { layout: `${size}[${lanes} filters]`, arrange }, depth, tapSize: depth * lanes }
}

/** Filters of a block: all its lanes, or what is left from its first filter on. */
const laneCount = (filters: number, width: number, first: string, { use }: Scope): string =>
  filters % width === 0 ? `${width}` : `${use(clampInt)}(${filters} - ${inParentheses(first)}, 0, ${width})`

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
