import type { Call } from '../../../plan/plan.ts'
import { templated } from '../../print/template.ts'
import { extremeOfLoaded } from '../expr.ts'
import type { Scope } from '../scope.ts'
import { at, get, sum, times } from '../text.ts'
import { commentOf, type Layer } from './layer.ts'
import { blocksOf, clearTail, positionBytes, setPointers, storeBlock, storeLocals } from './store.ts'

/** Nested loops, outermost first; `closing` is the same list from the inside out. */
export function loopsOver(sizes: readonly number[], prefix: string) {
  const loops = sizes.map((size, axis) => ({ size, index: `${prefix}${axis}` }))
  return { loops, closing: loops.toReversed(), indices: loops.map(({ index }) => get(index)) }
}

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1)

export function mapLayer(call: Call<'map'>, scope: Scope): Layer {
  const { params, store, y } = call
  const channels = params.sizes.at(-1)!
  const { loops, closing, indices } = loopsOver(params.sizes.slice(0, -1), 'i')
  return {
    ...templated('wasm/kernels/map.wat', {
      name: call.name,
      comment: commentOf(call, `over [${params.sizes.join('][')}].`),
      loops,
      closing,
      locals: storeLocals(store),
      address: scope.addressOf(y),
      position: positionBytes(store, channels),
      pointers: setPointers(store, indices),
      blocks: blocksOf(channels).map(block => ({ ...block, store: storeBlock(store, block, [], scope) })),
      clear: clearTail(store, channels),
    }),
  }
}

const STEPS = { sum: 'add', mean: 'add', max: 'max', min: 'min' } as const
const STARTS = { sum: '0', mean: '0', max: '-inf', min: 'inf' } as const
const INTEGER_STARTS = { sum: '0', mean: '0', max: '-2147483648', min: '2147483647' } as const

export function reduceLayer(call: Call<'reduce'>, scope: Scope): Layer {
  const { params, store, buffers, y } = call
  const { kind, sizes, strides, innerSizes, innerStrides } = params
  const channels = sizes.at(-1)!
  const integer = store.accumulator === 'i32'
  const { loops, closing, indices } = loopsOver(sizes.slice(0, -1), 'i')
  const inner = loopsOver(innerSizes, 'k')
  const last = strides.at(-1)!
  const step = STEPS[kind]
  const combined = (a: string, b: string): string => {
    if (step === 'add') return `(${integer ? 'i32x4' : 'f32x4'}.add ${a} ${b})`
    return integer ? `(i32x4.${step}_s ${a} ${b})` : extremeOfLoaded(step, a, b, 'v')
  }
  const start = (integer ? INTEGER_STARTS : STARTS)[kind]
  return {
    ...templated('wasm/kernels/reduce.wat', {
      name: call.name,
      comment: commentOf(call, `${kind} over [${innerSizes.join('][')}] for each of [${sizes.join('][')}].`),
      loops,
      closing,
      locals: storeLocals(store),
      address: scope.addressOf(y),
      position: positionBytes(store, channels),
      pointers: setPointers(store, indices),
      from: sum(
        indices.flatMap((index, axis) => times(index, 4 * strides[axis]!)),
        scope.addressOf(buffers.x),
      ),
      channel: sum([get('from'), ...times(get('c'), 4 * last)]),
      inner: inner.loops,
      innerClosing: inner.closing,
      x: sum([get('channel'), ...inner.indices.flatMap((index, axis) => times(index, 4 * innerStrides[axis]!))]),
      start: `(v128.const ${integer ? 'i32x4' : 'f32x4'} ${start} ${start} ${start} ${start})`,
      mean: kind === 'mean',
      size: product(innerSizes),
      blocks: blocksOf(channels).map(block => ({
        ...block,
        accumulators: block.vectors.map(index => ({
          index,
          step: combined(get(`a${index}`), loadLanes(last, index, Math.min(4, block.count - 4 * index))),
        })),
        store: storeBlock(store, block, [get('a0'), get('a1')], scope),
      })),
      clear: clearTail(store, channels),
    }),
  }
}

/** Four values that are `stride` apart, from `x` on; only the first `count` are read if they are not neighbours. */
function loadLanes(stride: number, vector: number, count: number): string {
  if (stride === 0) return at('v128.load32_splat', [get('x')])
  if (stride === 1) return at('v128.load', [get('x')], 16 * vector)
  const offset = (lane: number) => 4 * stride * (4 * vector + lane)
  let text = at('v128.load32_splat', [get('x')], offset(0))
  for (let lane = 1; lane < count; lane++)
    text = `(v128.load32_lane offset=${offset(lane)} ${lane} ${get('x')} ${text})`
  return text
}
