import { readModel } from '../../src/frontend/index.ts'
import type { Diagnostic } from '../../src/ir/diagnostic.ts'
import { type Graph, topological } from '../../src/ir/graph.ts'
import { numbersOf, type Tensor } from '../../src/ir/tensor.ts'
import { lower } from '../../src/lower/index.ts'
import { type Decision, type RunOptions, runPasses } from '../../src/passes/pass.ts'
import { pipeline } from '../../src/passes/pipeline.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { compileC } from '../c-runner.ts'

/** A model on its way to C, with what was said about it. */
export interface Compiled {
  readonly graph: Graph
  readonly plan: Plan
  readonly warnings: readonly Diagnostic[]
  readonly decisions: readonly Decision[]
  /** How many convolutions of bits there are; a layer with zeros in its weights has two. */
  readonly binary: number
  readonly float: number
}

export async function compiled(bytes: Uint8Array, name = 'net', options: RunOptions = {}): Promise<Compiled> {
  const { graph: imported, operators, warnings: early } = await readModel(bytes, { name })
  const { graph, warnings, decisions } = runPasses(imported, pipeline, { operators, ...options })
  const count = (op: string) => topological(graph).filter(node => node.op === op).length
  const plan = lower(graph)
  return {
    graph,
    plan,
    decisions,
    warnings: [...early, ...warnings],
    binary: count('binaryConv2d'),
    float: count('conv2d'),
  }
}

export const codesOf = ({ warnings }: Compiled): string[] => warnings.map(({ code }) => code)

/** First outputs of several models in C, one program for all. Runs each on its own feeds. */
export function runC(
  cases: readonly { readonly plan: Plan; readonly feeds: ReadonlyMap<string, Tensor> }[],
): number[][] {
  const program = compileC(cases.map(({ plan }) => plan))
  return cases.map(({ plan, feeds }) => {
    const [sample] = program.run(plan, [feeds])
    const [output] = sample!.outputs.values()
    return numbersOf(output!)
  })
}
