import { bytesOf, lifetimesOf } from '../../plan/arena.ts'
import { callsOf } from '../../plan/buffers.ts'
import type { Memory, MemoryBlock } from '../report.ts'
import { type Network, stagesOfStep } from './network.ts'

/** The workspace over time: which buffer lies where from which step to which, and how much is in use at each. */
export function memoryOf(network: Network): Memory {
  const { plan, nodes: owners } = network.lowered
  const blocks = [...lifetimesOf(plan.steps)].map(([buffer, { first, last }]): MemoryBlock => {
    const stage = network.nodes.indexOf(owners.get(buffer.name)!)
    return {
      stage: stage < 0 ? null : stage,
      name: stage < 0 ? buffer.name : network.stages[stage]!.name,
      offset: buffer.place.kind === 'workspace' ? buffer.place.offset : 0,
      bytes: bytesOf(buffer),
      first,
      last,
    }
  })
  const steps = plan.steps.map((step, at) => {
    const stages = stagesOfStep(network, at)
    const stage = stages.at(-1)
    return {
      name: stage === undefined ? callsOf(step).at(-1)!.name : network.stages[stage]!.name,
      stages,
      bytes: coveredBytes(blocks.filter(({ first, last }) => first <= at && at <= last)),
    }
  })
  return {
    workspaceBytes: plan.workspaceBytes,
    peakBytes: Math.max(0, ...steps.map(({ bytes }) => bytes)),
    steps,
    blocks,
  }
}

/** Bytes that blocks cover together: a value that is written over another one shares its memory. */
function coveredBytes(blocks: readonly MemoryBlock[]): number {
  let [bytes, end] = [0, 0]
  for (const block of [...blocks].sort((a, b) => a.offset - b.offset)) {
    bytes += Math.max(0, block.offset + block.bytes - Math.max(end, block.offset))
    end = Math.max(end, block.offset + block.bytes)
  }
  return bytes
}
