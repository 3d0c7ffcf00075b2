import type { Call } from '../../../plan/plan.ts'
import { isInside } from '../../../plan/windows.ts'
import { templated } from '../../print/template.ts'
import { tapFrom } from '../functions.ts'
import type { Scope } from '../scope.ts'
import { at, counting, get, int, loopOver, set, sum, times } from '../text.ts'
import { deferredContext, isDeferred, plainStore } from './convolution.ts'
import { commentOf, type Layer } from './layer.ts'
import { blockLoop, blocksOf, clearTail, positionBytes, setPointers, storeBlock, storeLocals } from './store.ts'
import { leftOf, rowAddress, rowContext, rowOf } from './windows.ts'

type Params = Call<'binaryConv2d'>['params']

/** Pairs of words that are written out one after another instead of being looped over. */
const UNROLLED = 8

/**
 * One position at a time, four filters at a time, 64 bits at a time. Taps outside the image are left out by clamping
 * the loops, so zero padding is exact. Weights stay in their neutral form.
 */
export function binaryLayer(call: Call<'binaryConv2d'>, scope: Scope): Layer {
  const { store, buffers, y } = call
  const params = flattened(call.params)
  const { groups, channels, words, filters, outWidth, kernelHeight, kernelWidth } = params
  const deferred = isDeferred(params, store)
  const perGroup = filters / groups
  const blocks = blocksOf(perGroup)
  const pixelBytes = 4 * groups * words
  const filterBytes = 4 * words * kernelHeight * kernelWidth
  const position = positionBytes(store, filters)
  const sums = deferred ? scope.scratchOf(call) : 0
  const target = deferred ? plainStore('i32') : store
  // Neighbouring taps of a row are neighbours in memory too, unless something lies between them.
  const isRow = params.dilationX === 1 && groups === 1
  const runWords = isRow ? kernelWidth * words : words
  const fixed = !isRow || isInside(params)
  return {
    ...templated('wasm/kernels/binary-conv2d.wat', {
      name: call.name,
      comment: commentOf(call, `${kernelHeight}x${kernelWidth}x${channels} to ${filters}.`),
      left: leftOf(params),
      kernelHeight,
      kernelWidth,
      eachColumn: counting('column', 'columns', outWidth),
      dilationY: params.dilationY,
      ...rowContext(params, scope.addressOf(y), outWidth * position),
      ...(isInside(params) ? allTaps(params) : tapsInside(params, scope)),
      eachTapRow: isInside(params)
        ? counting('ky', 'vertical', kernelHeight)
        : loopOver('ky', 'vertical', get('endY'), get('firstY')),
      xRow: rowAddress(params, params.inWidth * pixelBytes, scope.addressOf(buffers.x)),
      firstX: sum(times(`(i32.add ${get('left')} (i32.mul ${get('firstX')} ${int(params.dilationX)}))`, pixelBytes)),
      eachGroup: groups > 1 ? loopOver('group', 'groups', int(groups)) : null,
      groupBytes: 4 * words,
      eachTap: isRow
        ? null
        : loopOver('kx', 'horizontal', get('endX'), get('firstX'), [
            set('line', `(i32.add ${get('line')} ${int(params.dilationX * pixelBytes)})`),
            set('tap', `(i32.add ${get('tap')} ${int(4 * words)})`),
          ]),
      tapBytes: 4 * words,
      rowBytes: 4 * words * kernelWidth,
      locals: storeLocals(store),
      pointers: deferred ? [] : setPointers(store, [rowOf(params), get('column')]),
      to: deferred ? sum(times(get('column'), 4 * filters), sums) : sum([get('y'), ...times(get('column'), position)]),
      filterBytes,
      weights: scope.addressOf(buffers.weights),
      ...runContext(fixed, runWords),
      blocks: blocks.map(block => ({
        ...block,
        first: sum(groups > 1 ? times(get('group'), perGroup) : [], block.first),
        loop:
          block.loop && groups > 1 ? blockLoop(block.label, sum(times(get('group'), perGroup), block.end)) : block.loop,
        vectors: block.vectors.map(vector => {
          const lanes = Array.from({ length: Math.min(4, block.count - 4 * vector) }, (_, lane) => lane)
          const offset = (lane: number) => (4 * vector + lane) * filterBytes
          return {
            vector,
            lanes,
            ...countSteps(lanes, offset, fixed, runWords),
            sum: `(i32x4.sub (i32x4.splat ${get('count')}) (i32x4.shl ${mismatches(lanes)} ${int(1)}))`,
          }
        }),
        store: [
          ...storeBlock(target, block, [get('a0'), get('a1')], scope, get('to')),
          ...(deferred || block !== blocks.at(-1) ? [] : clearTail(store, filters, get('to'))),
        ],
      })),
      deferred: deferred ? deferredContext(store, filters, sums, scope, outWidth, position, rowOf(params)) : null,
    }),
  }
}

/** Every window has all taps. */
const allTaps = ({ channels, kernelHeight, kernelWidth }: Params) => ({
  rowTaps: [],
  columnTaps: [],
  products: int(channels * kernelHeight * kernelWidth),
  ifAny: null,
})

/** Windows at the border have fewer taps, or none. */
function tapsInside(params: Params, { use }: Scope) {
  const { channels, kernelHeight, kernelWidth, dilationY, dilationX, inHeight, inWidth } = params
  const tap = (start: string, dilation: number, bound: number, taps: number): string =>
    `(call ${use(tapFrom)} ${get(start)} ${int(dilation)} ${int(bound)} ${int(taps)})`
  return {
    rowTaps: [
      set('firstY', tap('top', dilationY, 0, kernelHeight)),
      set('endY', tap('top', dilationY, inHeight, kernelHeight)),
    ],
    columnTaps: [
      set('firstX', tap('left', dilationX, 0, kernelWidth)),
      set('endX', tap('left', dilationX, inWidth, kernelWidth)),
    ],
    products: `(i32.mul ${int(channels)} (i32.mul\n(i32.sub ${get('endY')} ${get('firstY')})\n(i32.sub ${get('endX')} ${get('firstX')})))`,
    ifAny: { open: `(if ${get('count')} (then`, close: '))' },
  }
}

/** A kernel as large as its image reads all of it in order: one tap of many words. */
function flattened(params: Params): Params {
  const { inHeight, inWidth, kernelHeight, kernelWidth, groups, words, channels } = params
  const covers = kernelHeight === inHeight && kernelWidth === inWidth && params.outHeight * params.outWidth === 1
  const isPlain = groups === 1 && params.dilationX === 1 && params.dilationY === 1 && isInside(params)
  if (!covers || !isPlain || params.images > 1 || params.inRing < inHeight) return params
  const taps = kernelHeight * kernelWidth
  const one = { inHeight: 1, inWidth: 1, kernelHeight: 1, kernelWidth: 1, inRing: 1 }
  return { ...params, ...one, words: words * taps, channels: channels * taps }
}

/** A run of words: unrolled if short and its length is known, else in a loop of pairs and perhaps one word. */
function runContext(fixed: boolean, words: number) {
  const unrolled = fixed && words <= 2 * UNROLLED
  return { unrolled, runBytes: fixed ? 4 * words : 0, odd: fixed ? words % 2 === 1 : true, fixed }
}

/** Counts mismatches of four filters: over two words, and over the last odd one. */
function countSteps(lanes: readonly number[], offset: (lane: number) => number, fixed: boolean, words: number) {
  const pair = (byte: number) => [
    set('bits', at('i64.load', [get('x')], byte)),
    ...lanes.map(lane => count(lane, `(i64.xor ${get('bits')} ${at('i64.load', [get('w')], byte + offset(lane))})`)),
  ]
  const single = (byte: number) => [
    set('bits', at('i64.load32_u', [get('x')], byte)),
    ...lanes.map(lane =>
      count(lane, `(i64.xor ${get('bits')} ${at('i64.load32_u', [get('w')], byte + offset(lane))})`),
    ),
  ]
  const pairs = Math.floor(words / 2)
  const steps = Array.from({ length: fixed ? pairs : 0 }, (_, k) => pair(8 * k)).flat()
  return { steps: [...steps, ...(words % 2 === 1 ? single(8 * pairs) : [])], pair: pair(0), single: single(0) }
}

const count = (lane: number, bits: string): string =>
  set(`m${lane}`, `(i64.add ${get(`m${lane}`)} (i64.popcnt ${bits}))`)

/** The four counters as a vector. */
const mismatches = (lanes: readonly number[]): string =>
  lanes
    .slice(1)
    .reduce(
      (vector, lane) => `(i32x4.replace_lane ${lane} ${vector} (i32.wrap_i64 ${get(`m${lane}`)}))`,
      `(i32x4.splat (i32.wrap_i64 ${get('m0')}))`,
    )
