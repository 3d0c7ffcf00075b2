import { callsOf } from '../plan/buffers.ts'
import { aliveAt, memoryOverTime } from '../plan/memory.ts'
import type { Plan } from '../plan/plan.ts'
import { showBytes } from './show.ts'
import { showTable } from './table.ts'

export interface Moment {
  /** The nodes of the step, or the name of its last call where it stems from none. */
  readonly step: readonly string[]
  readonly bytes: number
  readonly alive: readonly { readonly name: string; readonly offset: number; readonly bytes: number }[]
}

export interface MemoryUse {
  readonly peakBytes: number
  readonly steps: readonly Moment[]
}

/** What lies in the workspace at each step. */
export function memoryUse(plan: Plan): MemoryUse {
  const { blocks, steps, peakBytes } = memoryOverTime(plan)
  return {
    peakBytes,
    steps: plan.steps.map((step, at) => {
      const nodes = [...new Set(callsOf(step).flatMap(({ origin }) => origin))]
      return {
        step: nodes.length > 0 ? nodes : [callsOf(step).at(-1)!.name],
        bytes: steps[at]!,
        alive: aliveAt(blocks, at).map(({ buffer: { name }, offset, bytes }) => ({ name, offset, bytes })),
      }
    }),
  }
}

/** A row per step, then the step that makes the peak. */
export function showMemory({ peakBytes, steps }: MemoryUse): string {
  const title = ({ step }: Moment) => (step.length > 1 ? `${step[0]} … ${step.at(-1)}` : step[0]!)
  const rows = steps.map(moment => [
    title(moment),
    showBytes(moment.bytes),
    moment.alive.map(({ name, bytes }) => `${name} ${showBytes(bytes)}`).join(', '),
  ])
  const peak = steps.find(({ bytes }) => bytes === peakBytes)
  const summit = peak ? `\nmost memory at '${title(peak)}': ${showBytes(peakBytes)}` : ''
  return `${showTable(['step', 'memory', 'alive in the workspace'], rows, [1])}${summit}`
}
