import { callsOf } from '../../plan/buffers.ts'
import { memoryOverTime } from '../../plan/memory.ts'
import type { Memory } from '../report.ts'
import { type Network, stagesOfStep } from './network.ts'

/** The workspace over time, by the stages that its buffers and steps belong to. */
export function memoryOf(network: Network): Memory {
  const { plan, nodes: owners } = network.lowered
  const { blocks, steps, peakBytes } = memoryOverTime(plan)
  return {
    workspaceBytes: plan.workspaceBytes,
    peakBytes,
    steps: plan.steps.map((step, at) => {
      const stages = stagesOfStep(network, at)
      const stage = stages.at(-1)
      return {
        name: stage === undefined ? callsOf(step).at(-1)!.name : network.stages[stage]!.name,
        stages,
        bytes: steps[at]!,
      }
    }),
    blocks: blocks.map(({ buffer, ...block }) => {
      const stage = network.nodes.indexOf(owners.get(buffer.name)!)
      return {
        stage: stage < 0 ? null : stage,
        name: stage < 0 ? buffer.name : network.stages[stage]!.name,
        ...block,
      }
    }),
  }
}
