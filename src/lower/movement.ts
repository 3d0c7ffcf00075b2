import { packedRows, tailMask, WORD } from '../ir/bits.ts'
import type { Node } from '../ir/node.ts'
import { elements, stridesOf } from '../ir/tensor.ts'
import type { CopyParams } from '../plan/kernels.ts'
import type { Call } from '../plan/plan.ts'
import { collapse } from './collapse.ts'
import { type Draft, makeCall } from './draft.ts'

export function lowerTranspose(node: Node<'transpose'>, draft: Draft): Call[] {
  const [x] = node.operands
  if (keepsOrder(node)) return lowerReshape(node, draft)
  const strides = memoryStrides(x.type)
  const fromStrides = node.attrs.perm.map(axis => strides[axis]!)
  const toStrides = memoryStrides(node.type)
  return cleared(node, draft, [
    move(x, node, draft, { sizes: node.type.shape, from: 0, fromStrides, to: 0, toStrides }),
  ])
}

/** Whether a transpose leaves all elements in their order: only axes of size 1 move. */
export function keepsOrder({ attrs: { perm }, operands: [x] }: Node<'transpose'>): boolean {
  const moved = perm.filter(axis => x.type.shape[axis] !== 1)
  return moved.every((axis, k) => k === 0 || axis > moved[k - 1]!)
}

export function lowerSlice(node: Node<'slice'>, draft: Draft): Call[] {
  const [x] = node.operands
  const strides = memoryStrides(x.type)
  const from = startOf(strides, node.attrs.starts)
  const fromStrides = strides.map((stride, axis) => stride * node.attrs.steps[axis]!)
  const toStrides = memoryStrides(node.type)
  return cleared(node, draft, [move(x, node, draft, { sizes: node.type.shape, from, fromStrides, to: 0, toStrides })])
}

/** Every part goes straight to its place in the result. */
export function lowerConcat(node: Node<'concat'>, draft: Draft): Call[] {
  const { axis } = node.attrs
  const toStrides = memoryStrides(node.type)
  let start = 0
  const parts = node.operands.map(part => {
    const to = start * toStrides[axis]!
    start += part.type.shape[axis]!
    const fromStrides = memoryStrides(part.type)
    return move(part, node, draft, { sizes: part.type.shape, from: 0, fromStrides, to, toStrides })
  })
  return cleared(node, draft, parts)
}

export function lowerPad(node: Node<'pad'>, draft: Draft): Call[] {
  const [x] = node.operands
  const { value, before } = node.attrs
  const y = draft.bufferOf(node)
  const toStrides = memoryStrides(node.type)
  const to = startOf(toStrides, before)
  const fromStrides = memoryStrides(x.type)
  if (y.element === 'u32' && value === 1) return padWithOnes(node, draft, to)
  const fill = makeCall('fill', named(node, draft, 'border'), {}, { value }, y)
  return [fill, move(x, node, draft, { sizes: x.type.shape, from: 0, fromStrides, to, toStrides })]
}

/** OR cannot write the -1 of an image over a border of +1: bordered by ones means the inverse bordered by zeros. */
function padWithOnes(node: Node<'pad'>, draft: Draft, to: number): Call[] {
  const [x] = node.operands
  const y = draft.bufferOf(node)
  const channels = node.type.shape.at(-1)!
  const { rows, words } = packedRows(node.type.shape)
  const row = new Uint32Array(words).fill(0xffffffff)
  row[words - 1] = tailMask(channels)
  const ones = draft.constant(node, 'ones', row)
  const border = { sizes: [rows, words], from: 0, fromStrides: [0, 1], to: 0, toStrides: [words, 1] }
  const params = {
    sizes: x.type.shape,
    from: 0,
    fromStrides: memoryStrides(x.type),
    to,
    toStrides: memoryStrides(node.type),
  }
  const image = move(x, node, draft, params)
  if (image.kernel === 'copyBits')
    throw new Error(`pad '${node.origin.join('+')}' of bits with +1 along the channels has no kernel`)
  return [makeCall('copy', named(node, draft, 'border'), { x: ones }, border, y), image]
}

/** Where the rows of bits change length, runs that stay together in both shapes are moved, one copy for each. */
export function lowerReshape(node: Node<'reshape' | 'transpose'>, draft: Draft): Call[] {
  const [x] = node.operands
  const [old, now] = [x.type.shape.at(-1) ?? 1, node.type.shape.at(-1) ?? 1]
  const period = leastCommonMultiple(old, now)
  const rowOf = (channels: number) => packedRows([channels]).words * WORD
  const place = (at: number, channels: number) => Math.floor(at / channels) * rowOf(channels) + (at % channels)
  const periods = elements(node.type.shape) / period
  const outer = (channels: number) => (period / channels) * rowOf(channels)
  const run = (start: number, count: number, length: number, fromStep: number, toStep: number): Call =>
    move(x, node, draft, {
      sizes: [periods, count, length],
      from: place(start, old),
      fromStrides: [outer(old), fromStep, 1],
      to: place(start, now),
      toStrides: [outer(now), toStep, 1],
    })
  if (period === now) return cleared(node, draft, [run(0, now / old, old, rowOf(old), old)])
  if (period === old) return cleared(node, draft, [run(0, old / now, now, now, rowOf(now))])
  const bounds = Array.from({ length: period + 1 }, (_, at) => at).filter(at => at % old === 0 || at % now === 0)
  const runs = bounds.slice(0, -1).map((start, k) => run(start, 1, bounds[k + 1]! - start, 0, 0))
  return cleared(node, draft, runs)
}

/** Steps through a value in memory: elements, or single bits where a row of channels takes whole words. */
function memoryStrides({ dtype, shape }: Node['type']): number[] {
  if (dtype !== 'bit') return stridesOf(shape)
  return [...stridesOf([...shape.slice(0, -1), packedRows(shape).words * WORD]).slice(0, -1), 1]
}

const startOf = (strides: readonly number[], starts: readonly number[]): number =>
  strides.reduce((sum, stride, axis) => sum + stride * starts[axis]!, 0)

const named = (node: Node, draft: Draft, role?: string) => ({ name: draft.nameOf(node, role), origin: node.origin })

/** One move between the buffers of two nodes; word by word where whole words of bits stay together. */
function move(x: Node, y: Node, draft: Draft, params: CopyParams): Call {
  const buffers = { x: draft.bufferOf(x) }
  const result = draft.bufferOf(y)
  if (result.element !== 'u32') return makeCall('copy', named(y, draft), buffers, simplify(params), result)
  const words = byWord(
    params,
    [x, y].every(({ type }) => type.shape.at(-1) === params.sizes.at(-1)),
  )
  return words
    ? makeCall('copy', named(y, draft), buffers, simplify(words), result)
    : makeCall('copyBits', named(y, draft), buffers, simplify(params), result)
}

function simplify({ sizes, from, fromStrides, to, toStrides }: CopyParams): CopyParams {
  const loops = collapse({ sizes, strides: [fromStrides, toStrides] })
  return { sizes: loops.sizes, from, fromStrides: loops.strides[0]!, to, toStrides: loops.strides[1]! }
}

/** The same move counted in words, if it goes from word boundary to word boundary and keeps or fills its last words. */
function byWord({ sizes, from, fromStrides, to, toStrides }: CopyParams, wholeRows: boolean): CopyParams | undefined {
  const length = sizes.at(-1)!
  const outer = [fromStrides, toStrides].flatMap(list => list.slice(0, -1).filter((_, axis) => sizes[axis] !== 1))
  const even = [from, to, ...outer].every(bits => bits % WORD === 0) && (wholeRows || length % WORD === 0)
  if (!even || fromStrides.at(-1) !== 1 || toStrides.at(-1) !== 1) return undefined
  const inWords = (strides: readonly number[]) => [...strides.slice(0, -1).map(step => step / WORD), 1]
  return {
    sizes: [...sizes.slice(0, -1), Math.ceil(length / WORD)],
    from: from / WORD,
    fromStrides: inWords(fromStrides),
    to: to / WORD,
    toStrides: inWords(toStrides),
  }
}

/** `copyBits` ORs into words that must be zero before. */
const cleared = (node: Node, draft: Draft, calls: Call[]): Call[] =>
  calls.some(call => call.kernel === 'copyBits')
    ? [makeCall('fill', named(node, draft, 'clear'), {}, { value: 0 }, draft.bufferOf(node)), ...calls]
    : calls

function leastCommonMultiple(a: number, b: number): number {
  const divisor = (m: number, n: number): number => (n === 0 ? m : divisor(n, m % n))
  return (a / divisor(a, b)) * b
}
