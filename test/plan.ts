import { lower } from '../src/backends/lower.ts'
import type { Plan } from '../src/backends/plan.ts'
import { readModel } from '../src/frontend/index.ts'
import type { Graph } from '../src/ir/graph.ts'
import { type RunOptions, runPasses } from '../src/passes/pass.ts'
import { pipeline } from '../src/passes/pipeline.ts'

/** A model as it goes into a backend. */
export async function optimise(bytes: Uint8Array, name: string, options: RunOptions = {}): Promise<Graph> {
  const { graph } = await readModel(bytes, { name })
  return runPasses(graph, pipeline, options).graph
}

export const planOf = async (bytes: Uint8Array, name: string, options: RunOptions = {}): Promise<Plan> =>
  lower(await optimise(bytes, name, options))
