import type { Node } from '../ir/node.ts'
import { elements, type Shape, type Tensor } from '../ir/tensor.ts'
import { MOST_PLANES } from '../passes/analysis/coded.ts'
import { alignPlanes } from './align-planes.ts'
import type { Evaluated } from './bounded.ts'
import type { Aligned, Witness } from './follow.ts'

/** A share of wrong bits above which they are rather another value that happens to have the same size. */
const MOST_WRONG = 1 / 4

/** Of floats, relative to the largest: how far a value may be off and still be the same one. */
const SAME = 2 ** -10

/** Values of ONNX nodes by onnxruntime, in the model's own order, as a witness. */
export const witnessOfValues =
  (valuesOf: (node: string) => ArrayLike<number> | undefined): Witness =>
  (node, value) => {
    const values = valuesOf(node.origin.at(-1)!)
    if (!values || values.length !== value.tensor.values.length) return undefined
    return compareAligned(value, index => Number(values[index]))
  }

/**
 * What generated code computed for the nodes of its own graph, as a witness. Passes move values to another layout and a
 * sign to another place, so that a node's values are looked for among those that carry its name, then among all of its
 * size; bits are compared per channel up to a flip, which a later layer may undo. A value of a few bits is one of planes.
 */
export function witnessOfTrace(traced: ReadonlyMap<Node, Tensor>): Witness {
  const all = [...traced]
  return (node, value) => {
    const name = node.origin.at(-1)!
    const fitting = all.filter(([{ type }]) => elements(type.shape) === value.tensor.values.length)
    const named = fitting.filter(([{ origin }]) => origin.at(-1) === name)
    const others = fitting.filter(([{ origin, type }]) => origin.at(-1) !== name && type.dtype === 'bit')
    const inOrder = ([{ origin }]: (typeof all)[number]) => (origin.includes(name) ? 0 : 1)
    const found = best(named, node, value)
    const own = found && { ...found, isSure: found.isSure && value.distances !== undefined }
    if (own?.wrong.length === 0 || !value.distances) return own
    const other = best(
      others.toSorted((a, b) => inOrder(a) - inOrder(b)),
      node,
      value,
    )
    return other?.wrong.length === 0 ? other : own
  }
}

type Candidate = readonly [node: Node, tensor: Tensor]

/** The arrangement with the fewest wrong values. */
function best(candidates: readonly Candidate[], { type }: Node, value: Evaluated): Aligned | undefined {
  const isTwoValued =
    new Set<number | bigint>(value.tensor.values.filter((_, index) => !value.open.has(index))).size <= 2
  const single = candidates.filter(([, { dtype }]) => isTwoValued || dtype !== 'bit').map(each => [each])
  let found: Aligned | undefined
  for (const group of [...single, ...planesAmong(candidates)])
    for (const order of ordersOf(group[0]![1].shape, type.shape)) {
      const reads = group.map(
        ([, { values }]) =>
          (index: number) =>
            Number(values[order(index)]),
      )
      const aligned =
        reads.length > 1
          ? alignPlanes(value, reads)
          : group[0]![1].dtype === 'bit'
            ? alignBits(type.shape, value, reads[0]!)
            : compareAligned(value, reads[0]!)
      if (!found || aligned.wrong.length < found.wrong.length) found = aligned
      if (found.wrong.length === 0) return found
    }
  return found && { ...found, isSure: found.isSure && found.wrong.length <= MOST_WRONG * value.tensor.values.length }
}

/** Bits of one name and shape that may be the planes of one value. */
function planesAmong(candidates: readonly Candidate[]): Candidate[][] {
  const groups = new Map<string, Candidate[]>()
  for (const [node, tensor] of candidates) {
    if (tensor.dtype !== 'bit') continue
    const key = `${node.origin.at(-1)} ${tensor.shape}`
    groups.set(key, [...(groups.get(key) ?? []), [node, tensor]])
  }
  return [...groups.values()].filter(({ length }) => length > 1 && length <= MOST_PLANES)
}

/** Where an element of the model's value may lie: at the same place, or in an image with its channels innermost. */
function ordersOf(from: Shape, to: Shape): ((index: number) => number)[] {
  const orders = [(index: number) => index]
  const shape = from.length > 2 ? from : to.length > 2 ? [to[0]!, ...to.slice(2), to[1]!] : undefined
  if (!shape) return orders
  const [images, height = 1, width = 1] = shape.length > 3 ? shape : [shape[0]!, shape[1]!, 1]
  const pixels = height * width
  const channels = elements(shape) / images! / pixels
  if (pixels > 1 && channels > 1)
    orders.push(index => {
      const pixel = index % pixels
      const channel = Math.floor(index / pixels) % channels
      return (Math.floor(index / (pixels * channels)) * pixels + pixel) * channels + channel
    })
  return orders
}

function compareAligned(value: Evaluated, valueAt: (index: number) => number): Aligned {
  const { tensor, open, errors } = value
  const scale = scaleOf(tensor)
  const wrong: number[] = []
  for (let index = 0; index < tensor.values.length; index++) {
    if (open.has(index)) continue
    const expected = Number(tensor.values[index])
    const allowed = Math.max(errors?.[index] ?? 0, tensor.dtype === 'f32' ? SAME * scale : 0)
    if (Math.abs(valueAt(index) - expected) > allowed) wrong.push(index)
  }
  return { valueAt, wrong, isSure: false }
}

/** Bits against a value of two numbers, the higher for 1; a channel may be turned over as a whole. */
function alignBits(shape: Shape, { tensor, open }: Evaluated, bitAt: (index: number) => number): Aligned {
  const [low, high] = boundsOf(tensor, open)
  const middle = (low + high) / 2
  const channels = shape.length > 1 ? shape[1]! : 1
  const inner = elements(shape.slice(2))
  const channelOf = (index: number) => Math.floor(index / inner) % channels
  const wrong: number[][] = Array.from({ length: channels }, () => [])
  const right: number[][] = Array.from({ length: channels }, () => [])
  for (let index = 0; index < tensor.values.length; index++) {
    const value = Number(tensor.values[index])
    if (open.has(index)) continue
    const agrees = value > middle === (bitAt(index) === 1) && (value === low || value === high)
    ;(agrees ? right : wrong)[channelOf(index)]!.push(index)
  }
  // Of channels of one bit only most can be turned.
  const isSingle = tensor.values.length === channels
  const most = isSingle && 2 * wrong.flat().length <= channels ? Infinity : 0
  const isTurned = wrong.map((indices, channel) => indices.length > right[channel]!.length + most)
  const all = wrong.flatMap((indices, channel) => (isTurned[channel] ? right[channel]! : indices))
  return {
    valueAt: index => ((bitAt(index) === 1) !== isTurned[channelOf(index)] ? high : low),
    wrong: all,
    isSure: true,
  }
}

/** The lowest and the highest value, also of those that are left open. */
function boundsOf({ values, dtype }: Tensor, open: Evaluated['open']): readonly [number, number] {
  if (dtype === 'bit') return [0, 1]
  let [low, high] = [Infinity, -Infinity]
  const add = (value: number) => {
    if (value < low) low = value
    if (value > high) high = value
  }
  for (const value of values as Float32Array) add(value)
  for (const options of open.values()) for (const option of options) add(option)
  return [low, high]
}

function scaleOf({ values }: Tensor): number {
  let most = 0
  for (const value of values as Float32Array) if (Math.abs(Number(value)) > most) most = Math.abs(Number(value))
  return most
}
