import { bytesOf, lifetimesOf } from './arena.ts'
import type { Buffer, Plan } from './plan.ts'

/** Where a buffer lies in the workspace, and from which step to which. */
export interface MemoryBlock {
  readonly buffer: Buffer
  readonly offset: number
  readonly bytes: number
  readonly first: number
  readonly last: number
}

export interface MemoryOverTime {
  readonly blocks: readonly MemoryBlock[]
  /** Bytes in use at each step. */
  readonly steps: readonly number[]
  readonly peakBytes: number
}

/** The workspace over time: which buffers are alive at each step, and how much they cover. */
export function memoryOverTime({ steps }: Plan): MemoryOverTime {
  const blocks = [...lifetimesOf(steps)].map(([buffer, { first, last }]) => ({
    buffer,
    offset: buffer.place.kind === 'workspace' ? buffer.place.offset : 0,
    bytes: bytesOf(buffer),
    first,
    last,
  }))
  const inUse = steps.map((_, at) => coveredBytes(aliveAt(blocks, at)))
  return { blocks, steps: inUse, peakBytes: Math.max(0, ...inUse) }
}

export const aliveAt = (blocks: readonly MemoryBlock[], step: number): MemoryBlock[] =>
  blocks.filter(({ first, last }) => first <= step && step <= last)

/** Bytes that blocks cover together: a value that is written over another one shares its memory. */
function coveredBytes(blocks: readonly MemoryBlock[]): number {
  let [bytes, end] = [0, 0]
  for (const block of [...blocks].sort((a, b) => a.offset - b.offset)) {
    bytes += Math.max(0, block.offset + block.bytes - Math.max(end, block.offset))
    end = Math.max(end, block.offset + block.bytes)
  }
  return bytes
}
