import { readModel } from '../src/frontend/index.ts'
import type { Graph } from '../src/ir/graph.ts'
import { lower } from '../src/lower/index.ts'
import { type RunOptions, runPasses } from '../src/passes/pass.ts'
import { pipeline } from '../src/passes/pipeline.ts'
import type { Plan } from '../src/plan/plan.ts'

/** A model as it goes into a backend. */
export async function optimise(bytes: Uint8Array, name: string, options: RunOptions = {}): Promise<Graph> {
  const { graph } = await readModel(bytes, { name })
  return runPasses(graph, pipeline, options).graph
}

export const planOf = async (bytes: Uint8Array, name: string, options: RunOptions = {}): Promise<Plan> =>
  lower(await optimise(bytes, name, options))
