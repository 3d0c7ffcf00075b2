import { c } from '../../backends/c/index.ts'
import type { Graph } from '../../ir/graph.ts'
import { interpret } from '../../ir/interpret.ts'
import type { Tensor } from '../../ir/tensor.ts'
import { lower } from '../../lower/index.ts'
import type { Feeds, Runner } from '../../run/runner.ts'
import { version } from '../../version.ts'

/** Runs a graph on samples, some at a time, and hands over the outputs of each, in order. */
export interface Machine {
  readonly name: 'generated C' | 'interpreter'
  run(
    graph: Graph,
    feeds: readonly Feeds[],
    each: (outputs: ReadonlyMap<string, Tensor>, sample: number) => void,
    chunk: number,
  ): Promise<void>
}

/** Builds the generated C and runs it. A sample with an index out of range has no outputs. */
export const compiledMachine = (runner: Runner): Machine => ({
  name: 'generated C',
  run: async (graph, feeds, each, chunk) => {
    const plan = lower(graph, c.lowering)
    const program = await runner.build(c.print(plan, { version, constants: 'file' }), plan, { trace: false })
    try {
      for (let first = 0; first < feeds.length; first += chunk) {
        const runs = await program.run(feeds.slice(first, first + chunk))
        for (const [k, { status, outputs }] of runs.entries()) if (status === 0) each(outputs, first + k)
      }
    } finally {
      await program.dispose()
    }
  },
})

export const interpretingMachine: Machine = {
  name: 'interpreter',
  run: async (graph, feeds, each) => {
    for (const [sample, feed] of feeds.entries()) each(interpret(graph, feed), sample)
  },
}
