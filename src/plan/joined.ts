import { placeBuffers } from './arena.ts'
import { callReads, callsOf } from './buffers.ts'
import type { Operand } from './kernels.ts'
import type { Buffer, Call, Step } from './plan.ts'
import { isColumn } from './turn.ts'

/** A part of a concatenation: its pixels of so many channels begin at `from`, and in the whole they are `pitch` apart. */
interface Part {
  readonly x: Buffer
  readonly whole: Buffer
  readonly channels: number
  readonly pitch: number
  readonly from: number
}

/**
 * The parts of a concatenation are written where they belong in the whole, and not copied, wherever all that writes and
 * reads them can do so and the workspace does not grow. The last come first: the whole may be a part itself.
 */
export function joinParts(steps: readonly Step[]): Step[] {
  let best = [...steps]
  let bytes = placeBuffers(best).workspaceBytes
  const copies = steps.flatMap(callsOf).filter(({ kernel }) => kernel === 'copy')
  for (const { name } of copies.reverse()) {
    const next = withoutCopy(best, name)
    const size = next && placeBuffers(next).workspaceBytes
    if (!next || size === undefined || size > bytes) continue
    best = next
    bytes = size
  }
  return best
}

function withoutCopy(steps: readonly Step[], name: string): Step[] | undefined {
  const copy = steps.find(step => step.kind === 'call' && step.call.name === name)
  const part = copy && partOf(callsOf(copy)[0]!)
  if (!part) return undefined
  const others = steps.filter(step => step !== copy)
  // What else writes the whole must leave this part alone.
  const writers = others.flatMap(callsOf).filter(({ y }) => y === part.whole)
  if (!writers.every(writer => writer.kernel === 'copy' || withinOf(writer))) return undefined
  const moved = others.map(step => stepInWhole(step, part))
  return moved.every(step => step !== undefined) ? moved : undefined
}

/** What this call copies, if that is a part with all its pixels. */
function partOf(call: Call): Part | undefined {
  if (call.kernel !== 'copy') return undefined
  const { buffers, y: whole } = call
  const { x } = buffers
  const { sizes, from, fromStrides, to, toStrides } = call.params
  const [pixels, channels] = sizes as [number, number]
  const pitch = toStrides[0]!
  const isAll = sizes.length === 2 && from === 0 && pixels * channels === x.length && pixels * pitch === whole.length
  const isPlain = channels > 1 && fromStrides.join() === `${channels},1` && toStrides[1] === 1
  const isOwn = [x, whole].every(({ place, element }) => place.kind === 'workspace' && element === 'f32')
  return isAll && isPlain && isOwn ? { x, whole, channels, pitch, from: to } : undefined
}

const withinOf = ({ params }: Call) => ('within' in params ? params.within : undefined)

/** The same step where the part lies in the whole; nothing if it cannot be. */
function stepInWhole(step: Step, part: Part): Step | undefined {
  const touches = (call: Call): boolean => call.y === part.x || callReads(call).includes(part.x)
  if (!callsOf(step).some(touches)) return step
  if (step.kind === 'call') {
    const call = callInWhole(step.call, part)
    return call && { kind: 'call', call }
  }
  if (touches(step.producer) || step.followers.length > 0) return undefined
  const consumer = callInWhole(step.consumer, part)
  return consumer && { ...step, consumer }
}

function callInWhole(call: Call, part: Part): Call | undefined {
  const { x, whole } = part
  if (call.kernel === 'copy') return copyInWhole(call, part)
  if (Object.values<Buffer>(call.buffers).includes(x)) return undefined
  const operands = call.store.operands.map(operand =>
    operand.buffer === x ? operandInWhole(operand, sizesOf(call), part) : operand,
  )
  if (!operands.every(operand => operand !== undefined)) return undefined
  const read = { ...call, store: { ...call.store, operands } } as Call
  if (call.y !== x) return read
  const within = withinOf(call)
  if (!writesPixels(call, part)) return undefined
  const params = { ...call.params, within: { pitch: part.pitch, from: part.from + (within?.from ?? 0) } }
  return { ...read, params, y: whole } as Call
}

/** Whether a kernel can leave room between the pixels of its result. */
function writesPixels(call: Call, { x, channels }: Part): boolean {
  if (call.kernel !== 'conv2d' && call.kernel !== 'binaryConv2d' && call.kernel !== 'pool') return false
  const { images, outHeight, outRing } = call.params
  if (call.kernel !== 'pool' && isColumn(call)) return false
  const pixel = withinOf(call)?.pitch ?? sizesOf(call)[2]
  return call.store.result === 'f32' && outRing === images * outHeight && pixel === channels && x === call.y
}

/** Sizes of what a store's operands go over. */
function sizesOf({ params }: Call): readonly number[] {
  if ('sizes' in params) return params.sizes
  if (!('outWidth' in params)) return []
  return [params.images * params.outHeight, params.outWidth, 'filters' in params ? params.filters : params.channels]
}

function copyInWhole(call: Call<'copy'>, part: Part): Call | undefined {
  const { sizes, from, fromStrides, to, toStrides } = call.params
  const read = call.buffers.x === part.x ? walkInWhole(from, sizes, fromStrides, part) : ([from, fromStrides] as const)
  const written = call.y === part.x ? walkInWhole(to, sizes, toStrides, part) : ([to, toStrides] as const)
  if (!read || !written) return undefined
  return {
    ...call,
    buffers: { x: call.buffers.x === part.x ? part.whole : call.buffers.x },
    params: { sizes, from: read[0], fromStrides: read[1], to: written[0], toStrides: written[1] },
    y: call.y === part.x ? part.whole : call.y,
  }
}

/** Operands begin where their buffer does, so only the first part can be one. */
function operandInWhole(operand: Operand, sizes: readonly number[], part: Part): Operand | undefined {
  const walk = part.from === 0 ? walkInWhole(0, sizes, operand.strides, part) : undefined
  return walk && { ...operand, buffer: part.whole, strides: walk[1] }
}

/** A walk through the part as one through the whole, if each of its loops goes from pixel to pixel or stays inside one. */
function walkInWhole(
  start: number,
  sizes: readonly number[],
  strides: readonly number[],
  { channels, pitch, from }: Part,
): readonly [start: number, strides: readonly number[]] | undefined {
  const within = start % channels
  const inside = strides.map((stride, axis) => (stride % channels === 0 ? 0 : stride * (sizes[axis]! - 1)))
  if (strides.some(stride => stride < 0) || within + inside.reduce((a, b) => a + b, 0) >= channels) return undefined
  const wider = (steps: number): number => (steps / channels) * pitch
  return [
    wider(start - within) + within + from,
    strides.map(stride => (stride % channels === 0 ? wider(stride) : stride)),
  ]
}
