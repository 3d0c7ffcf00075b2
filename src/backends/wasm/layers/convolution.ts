import type { ConvolutionParams, Store } from '../../../plan/kernels.ts'
import type { Call } from '../../../plan/plan.ts'
import { isInside } from '../../../plan/windows.ts'
import { templated } from '../../print/template.ts'
import type { Scope } from '../scope.ts'
import { at, counting, get, int, loopOver, overlapping, set, sum, times } from '../text.ts'
import type { Arithmetic } from './arithmetic.ts'
import { arrangeConvolution } from './arrange.ts'
import { integersOf } from './integers.ts'
import { commentOf, type Layer } from './layer.ts'
import {
  BLOCK,
  type Block,
  blockLoop,
  blocksOf,
  clearTail,
  positionBytes,
  setPointers,
  storeBlock,
  storeLocals,
} from './store.ts'
import { rowAddress, rowContext, rowOf } from './windows.ts'

/** Columns that share the loads of weights. With two vectors of filters, 8 accumulators: more do not stay in registers. */
const COLUMNS = 4

/**
 * Whether the results of a group start inside a byte of bits. Then sums go to a row of their own first, and a second
 * pass stores them.
 */
export const isDeferred = ({ groups, filters }: ConvolutionParams, { result, operands }: Store): boolean =>
  groups > 1 && (filters / groups) % BLOCK !== 0 && (result === 'bit' || operands.some(({ dtype }) => dtype === 'bit'))

export const plainStore = (accumulator: 'f32' | 'i32'): Store => ({
  kind: 'value',
  expr: { fn: 'arg', index: 0 },
  accumulator,
  operands: [],
  result: accumulator,
  wraps: false,
})

const floatsOf = ({ relaxed }: Scope): Arithmetic => ({
  accumulator: 'f32',
  widened: '(i32.reinterpret_f32 (f32.convert_i32_u (local.get $turn)))',
  arrange: arrangeConvolution,
  startRow: [],
  start: (_, accumulators) => accumulators.map(name => set(name, '(v128.const i32x4 0 0 0 0)')),
  sum: (sum, x, weights) =>
    relaxed ? `(f32x4.relaxed_madd ${x} ${weights} ${sum})` : `(f32x4.add ${sum} (f32x4.mul ${x} ${weights}))`,
})

export function convolutionLayer(call: Call<'conv2d' | 'integerConv2d'>, scope: Scope): Layer {
  const { params, store, buffers, y } = call
  const { groups, channels, filters, outWidth, kernelHeight, kernelWidth, strideX } = params
  const deferred = isDeferred(params, store)
  const columns = Math.min(COLUMNS, outWidth)
  const pixelBytes = 4 * groups * channels
  const isBytes = buffers.x.element === 'u8'
  const arithmetic = call.kernel === 'conv2d' ? floatsOf(scope) : integersOf(call, scope)
  const border = borderOf(call, isBytes ? arithmetic.widened : '', scope)
  const x = scope.addressOf(buffers.x)
  const runs = params.dilationX === 1 && groups === 1 ? 1 : kernelWidth
  const length = runs === 1 ? kernelWidth * channels : channels
  const position = positionBytes(store, filters)
  const { weights, signs } = placeWeights(call, arithmetic, scope)
  const row = rowContext(params, scope.addressOf(y), outWidth * position)
  const perGroup = filters / groups
  const blocks = blocksOf(perGroup)
  const sums = deferred ? scope.scratchOf(call) + borderBytes(params, isBytes) : 0
  const target = deferred ? plainStore(arithmetic.accumulator) : store
  return {
    ...(signs ? { prepare: `$${call.name}.prepare` } : {}),
    ...templated('wasm/kernels/conv2d.wat', {
      name: call.name,
      comment: commentOf(call, `${kernelHeight}x${kernelWidth}x${channels} to ${filters}.`),
      inHeight: params.inHeight,
      dilationY: params.dilationY,
      ...row,
      border,
      startRow: arithmetic.startRow,
      xRow: rowAddress(params, (params.inWidth * pixelBytes) / (isBytes ? 4 : 1), x),
      weights,
      signs,
      eachGroup: groups > 1 ? loopOver('group', 'groups', int(groups)) : null,
      groupBytes: 4 * channels,
      eachColumn: overlapping(columns, outWidth),
      eachTapRow: counting('ky', 'vertical', kernelHeight),
      columnBytes: strideX * pixelBytes,
      eachRun:
        runs > 1
          ? loopOver('kx', 'horizontal', int(runs), int(0), [
              set('line', `(i32.add ${get('line')} ${int(params.dilationX * pixelBytes)})`),
            ])
          : null,
      // One product a turn: V8 moves the loads of a longer body to its start, and then has no registers left.
      eachTurn: length > 1 ? turnsOf(length) : null,
      locals: storeLocals(store),
      blocks: blocks.map(block => {
        const turn = productLines(block, columns, strideX * pixelBytes, arithmetic)
        return {
          ...block,
          ...turn,
          first: groups > 1 ? sum([...times(get('group'), perGroup)], block.first) : int(block.first),
          loop:
            block.loop && groups > 1
              ? blockLoop(block.label, sum(times(get('group'), perGroup), block.end))
              : block.loop,
          weightBytes: kernelHeight * kernelWidth * channels * block.vectors.length * 16,
          stores: Array.from({ length: columns }, (_, p) => {
            const column = sum([get('column')], p)
            const accumulators = block.vectors.map(v => get(`a${p}${v}`))
            const address = set(
              'to',
              deferred ? sum(times(column, 4 * filters), sums) : sum([get('y'), ...times(column, position)]),
            )
            return {
              lines: [
                address,
                ...(deferred ? [] : setPointers(store, [rowOf(params), column])),
                ...storeBlock(target, block, accumulators, scope, get('to')),
                // Once per position would do; the last kind of block is the least often.
                ...(deferred || block !== blocks.at(-1) ? [] : clearTail(store, filters, get('to'))),
              ],
            }
          }),
        }
      }),
      deferred: deferred ? deferredContext(store, filters, sums, scope, outWidth, position, rowOf(params)) : null,
      accumulators: Array.from({ length: columns }, (_, p) => [`a${p}0`, `a${p}1`]).flat(),
    }),
  }
}

/** Every turn steps through x. */
const turnsOf = (length: number) => ({
  open: `${set('turn', int(length))}\n(loop $turns`,
  close: `${set('x', `(i32.add ${get('x')} ${int(4)})`)}\n(br_if $turns (local.tee $turn (i32.sub ${get('turn')} ${int(1)})))\n)`,
})

/** Where the arranged weights lie, and where from every instance makes them if they are ±1: a bit for each. */
function placeWeights(
  { buffers, params }: Call<'conv2d' | 'integerConv2d'>,
  { arrange }: Pick<Arithmetic, 'arrange'>,
  scope: Scope,
) {
  const arranged = arrange(buffers.weights, params)
  const count = arranged.length
  const name = `${buffers.weights.name}_blocks`
  if (buffers.weights.element !== 'u32') return { weights: scope.place(name, arranged), signs: null }
  const bits = new Uint8Array(Math.ceil(count / 8))
  arranged.forEach((value, k) => {
    if (value > 0) bits[k >> 3]! |= 1 << (k & 7)
  })
  return { weights: scope.reserve(4 * count), signs: { address: scope.place(name, bits), count } }
}

/** The second pass over a row of sums. */
export function deferredContext(
  store: Store,
  filters: number,
  sums: number,
  scope: Scope,
  outWidth: number,
  position: number,
  row: string,
) {
  return {
    eachSum: counting('column', 'sums', outWidth),
    pointers: setPointers(store, [row, get('column')]),
    from: sum(times(get('column'), 4 * filters), sums),
    to: sum([get('y'), ...times(get('column'), position)]),
    blocks: blocksOf(filters).map(block => ({
      ...block,
      loop: block.loop && blockLoop('stored', int(block.end!)),
      loads: block.vectors.map(v => set(`s${v}`, at('v128.load', [get('from'), ...times(get('c'), 4)], 16 * v))),
      store: storeBlock(store, block, [get('s0'), get('s1')], scope, get('to')),
    })),
    clear: clearTail(store, filters, get('to')),
  }
}

/** Rows with their border, if some tap falls outside: kernelHeight rows of [padding][image][padding]. u8 become 32 bits there. */
function borderOf(call: Call<'conv2d' | 'integerConv2d'>, widened: string, scope: Scope) {
  const { params } = call
  if (borderBytes(params, widened !== '') === 0) return null
  const pixelBytes = 4 * params.groups * params.channels
  return {
    address: scope.scratchOf(call),
    eachLine: counting('ky', 'lines', params.kernelHeight),
    rowBytes: borderRowBytes(params),
    start: params.padLeft * pixelBytes,
    imageBytes: params.inWidth * pixelBytes,
    widened,
  }
}

function borderRowBytes({
  inWidth,
  outWidth,
  kernelWidth,
  padLeft,
  strideX,
  dilationX,
  groups,
  channels,
}: ConvolutionParams) {
  const right = (outWidth - 1) * strideX + (kernelWidth - 1) * dilationX + 1 - padLeft - inWidth
  return (padLeft + inWidth + Math.max(0, right)) * 4 * groups * channels
}

/** Of the rows that a row of the result reads, where they need a border or are bytes. */
export const borderBytes = (params: ConvolutionParams, isBytes: boolean): number =>
  isInside(params) && !isBytes ? 0 : params.kernelHeight * borderRowBytes(params)

/** One turn: the weights of a channel, then every column's value times them. */
function productLines({ vectors }: Block, columns: number, columnBytes: number, { start, sum }: Arithmetic) {
  return {
    turnWeights: 16 * vectors.length,
    zeros: Array.from({ length: columns }, (_, p) =>
      start(
        p,
        vectors.map(v => `a${p}${v}`),
      ),
    ).flat(),
    products: [
      ...vectors.map(v => set(`w${v}`, at('v128.load', [get('w')], 16 * v))),
      ...Array.from({ length: columns }, (_, p) => [
        set('s', at('v128.load32_splat', [get('x')], p * columnBytes)),
        ...vectors.map(v => set(`a${p}${v}`, sum(get(`a${p}${v}`), get('s'), get(`w${v}`)))),
      ]).flat(),
    ],
  }
}
