import { wordsFor } from '../ir/bits.ts'
import type { Node } from '../ir/node.ts'
import type { Window } from '../ir/ops.ts'
import { elements, stridesOf } from '../ir/tensor.ts'
import type { Buffer, Call } from '../plan/plan.ts'
import { collapse } from './collapse.ts'
import { type Draft, makeCall } from './draft.ts'
import { thenMap } from './map.ts'
import { makeStore, readStrides } from './store.ts'
import { windowParams } from './windows.ts'

/**
 * f32 and i32 by the reduce kernel. Bits that are reduced over neighbouring axes other than the channels are an image
 * of [before, reduced, between, channels] with one window per column.
 */
export function lowerReduce(node: Node<'reduce'>, draft: Draft): Call[] {
  const [x, ...extras] = node.operands
  const { kind, epilogue } = node.attrs
  const { shape, dtype } = x.type
  const axes = [...new Set(node.attrs.axes)].sort((a, b) => a - b)
  const at = { name: draft.nameOf(node), origin: node.origin }
  if (dtype === 'bit') return thenMap(node, draft, y => [reduceBits(node, axes, draft, at, y)])
  const strides = stridesOf(shape)
  const result = node.type.shape
  const operandStrides = new Map(extras.map(extra => [extra, readStrides(extra.type, result)]))
  const bits = node.type.dtype === 'bit' || extras.some(extra => extra.type.dtype === 'bit')
  const own = strides.map((stride, axis) => (axes.includes(axis) ? 0 : stride))
  const outer = collapse({ sizes: result, strides: [own, ...operandStrides.values()] }, bits)
  const inner = collapse({
    sizes: shape.map((size, axis) => (axes.includes(axis) ? size : 1)),
    strides: [strides],
  })
  const collapsed = new Map([...operandStrides.keys()].map((extra, k) => [extra, outer.strides[k + 1]!]))
  const store = makeStore(node, dtype, epilogue, extras, draft, extra => collapsed.get(extra)!)
  const params = {
    kind,
    sizes: outer.sizes,
    strides: outer.strides[0]!,
    innerSizes: inner.sizes,
    innerStrides: inner.strides[0]!,
  }
  return [makeCall('reduce', at, { x: draft.bufferOf(x) }, params, draft.bufferOf(node), store)]
}

function reduceBits(
  node: Node<'reduce'>,
  axes: readonly number[],
  draft: Draft,
  at: { name: string; origin: readonly string[] },
  y: Buffer,
): Call {
  const [x] = node.operands
  const { shape } = x.type
  const [first = 0, last = first - 1] = [axes[0], axes.at(-1)]
  if (last - first + 1 !== axes.length || last >= shape.length - 1)
    throw new Error(`bits [${shape}] of reduce '${node.origin.join('+')}' cannot be reduced over axes ${axes}`)
  const channels = shape.at(-1)!
  const between = elements(shape.slice(last + 1, -1))
  const image = [elements(shape.slice(0, first)), elements(shape.slice(first, last + 1)), between, channels]
  const window: Window = { stride: [1, 1], dilation: [1, 1], padding: [0, 0, 0, 0] }
  const params = windowParams(image, [image[0]!, 1, between, channels], [image[1]!, 1], window)
  const counted = [0, 0, 0, 0] as const
  return makeCall(
    'poolBits',
    at,
    { x: draft.bufferOf(x) },
    { ...params, channels, counted, words: wordsFor(channels) },
    y,
  )
}
