import { callsOf, mapBuffers, readsOf, writesOf } from './buffers.ts'
import type { Buffer, Call, Element, Step } from './plan.ts'

/** Offsets are multiples of a cache line. */
export const ALIGNMENT = 64

const BYTES: Readonly<Record<Element, number>> = { f32: 4, i32: 4, u32: 4, u8: 1, i8: 1, i64: 8 }

export const bytesOf = ({ element, length }: Pick<Buffer, 'element' | 'length'>): number => BYTES[element] * length

/** First and last step that touches a buffer. */
export interface Lifetime {
  readonly first: number
  readonly last: number
}

/** Lifetimes of the workspace buffers, in order of first use. */
export function lifetimesOf(steps: readonly Step[]): Map<Buffer, Lifetime> {
  const lifetimes = new Map<Buffer, Lifetime>()
  steps.forEach((step, at) => {
    for (const buffer of [...readsOf(step), ...writesOf(step)])
      if (buffer.place.kind === 'workspace')
        lifetimes.set(buffer, { first: lifetimes.get(buffer)?.first ?? at, last: at })
  })
  return lifetimes
}

/** Of placed buffers, by the name of each call: how many bytes of the workspace hold something that it or a later one needs. */
export function bytesInUse(steps: readonly Step[]): ReadonlyMap<string, number> {
  const lifetimes = [...lifetimesOf(steps)]
  return new Map(
    steps.flatMap((step, at) => {
      // What replaces an operand lies where the operand does.
      const byOffset = new Map<number, number>()
      for (const [buffer, { first, last }] of lifetimes) {
        if (at < first || last < at || buffer.place.kind !== 'workspace') continue
        const { offset } = buffer.place
        byOffset.set(offset, Math.max(byOffset.get(offset) ?? 0, bytesOf(buffer)))
      }
      const bytes = [...byOffset.values()].reduce((sum, each) => sum + each, 0)
      return callsOf(step).map(({ name }) => [name, bytes] as const)
    }),
  )
}

/** Buffers at one offset: what a map writes in place of an operand shares the operand's memory. */
interface Block {
  readonly buffers: Buffer[]
  readonly bytes: number
  readonly first: number
  last: number
}

interface Placed {
  readonly block: Block
  readonly offset: number
}

/** Gives every workspace buffer its offset: largest first, each into the tightest gap among those alive with it. */
export function placeBuffers(steps: readonly Step[]): { steps: Step[]; workspaceBytes: number } {
  const blocks = blocksOf(steps).sort((a, b) => b.bytes - a.bytes || a.first - b.first)
  const placed: Placed[] = []
  for (const block of blocks) placed.push({ block, offset: findGap(block, placed) })
  const offsets = new Map(placed.flatMap(({ block, offset }) => block.buffers.map(buffer => [buffer, offset] as const)))
  const settled = new Map<Buffer, Buffer>(
    [...offsets].map(([buffer, offset]) => [buffer, { ...buffer, place: { kind: 'workspace', offset } }]),
  )
  return {
    steps: steps.map(step => mapBuffers(step, buffer => settled.get(buffer) ?? buffer)),
    workspaceBytes: Math.max(0, ...placed.map(({ block, offset }) => offset + block.bytes)),
  }
}

function blocksOf(steps: readonly Step[]): Block[] {
  const lifetimes = lifetimesOf(steps)
  const owners = new Map<Buffer, Block>()
  for (const [buffer, { first, last }] of lifetimes) {
    const step = steps[first]!
    const dying = step.kind === 'call' ? replaceable(step.call, first, lifetimes) : undefined
    const owner = dying && step.kind === 'call' && step.call.y === buffer ? owners.get(dying) : undefined
    if (owner) {
      owner.buffers.push(buffer)
      owner.last = last
      owners.set(buffer, owner)
    } else owners.set(buffer, { buffers: [buffer], bytes: align(bytesOf(buffer)), first, last })
  }
  return [...new Set(owners.values())]
}

/** An operand that a map reads for the last time, element by element as it writes y. */
function replaceable(call: Call, step: number, lifetimes: ReadonlyMap<Buffer, Lifetime>): Buffer | undefined {
  if (call.kernel !== 'map') return undefined
  return call.store.operands.find(
    operand => lifetimes.get(operand.buffer)?.last === step && mayReplace(call, operand.buffer),
  )?.buffer
}

/** Whether a map may write y over this operand: both are walked in the same order, one element at a time. */
export function mayReplace(call: Call<'map'>, buffer: Buffer): boolean {
  const uses = call.store.operands.filter(operand => operand.buffer === buffer)
  const inOrder = (strides: readonly number[]) =>
    strides.every((stride, axis) => stride === call.params.sizes.slice(axis + 1).reduce((a, b) => a * b, 1))
  const plain = call.store.result !== 'bit' && uses.every(use => use.dtype !== 'bit' && inOrder(use.strides))
  return plain && bytesOf(buffer) === bytesOf(call.y)
}

function findGap(block: Block, placed: readonly Placed[]): number {
  const alive = placed
    .filter(other => other.block.first <= block.last && block.first <= other.block.last)
    .sort((a, b) => a.offset - b.offset)
  let best: { offset: number; size: number } | undefined
  let end = 0
  for (const { offset, block: other } of alive) {
    const size = offset - end
    if (size >= block.bytes && (!best || size < best.size)) best = { offset: end, size }
    end = Math.max(end, offset + other.bytes)
  }
  return best?.offset ?? end
}

const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
