import { lifetimesOf } from '../../plan/arena.ts'
import type { Buffer, Plan } from '../../plan/plan.ts'
import { storedBytes } from './names.ts'

/** A GPU buffer that holds several buffers of the plan, one after the other. */
export interface Slot {
  /** Named after its largest buffer. */
  readonly name: string
  /** Of one sample. */
  readonly bytes: number
  readonly buffers: readonly Buffer[]
}

export const bytesOnDevice = ({ element, length }: Buffer): number =>
  Math.ceil((length * storedBytes[element]) / 16) * 16

/**
 * Shares GPU buffers among the workspace buffers, largest first. Ranges of one GPU buffer, as in the plan's workspace,
 * will not do: a dispatch may not read and write one buffer, and ranges would have to start at multiples of 256 bytes.
 */
export function assignSlots({ steps }: Plan): Slot[] {
  const lifetimes = [...lifetimesOf(steps)].sort(([a], [b]) => bytesOnDevice(b) - bytesOnDevice(a))
  const slots: { name: string; bytes: number; buffers: Buffer[]; used: { first: number; last: number }[] }[] = []
  for (const [buffer, lifetime] of lifetimes) {
    const free = slots.find(({ used }) =>
      used.every(({ first, last }) => last < lifetime.first || lifetime.last < first),
    )
    if (free) {
      free.buffers.push(buffer)
      free.used.push(lifetime)
    } else slots.push({ name: buffer.name, bytes: bytesOnDevice(buffer), buffers: [buffer], used: [lifetime] })
  }
  return slots
}
