import type { Graph } from '../src/ir/graph.ts'
import { interpret } from '../src/ir/interpret.ts'
import type { Tensor } from '../src/ir/tensor.ts'
import { lower } from '../src/lower/index.ts'
import { compileC, hasCompiler, type Settings } from './c-runner.ts'
import { loadPlan } from './wasm-runner.ts'

export type Feeds = ReadonlyMap<string, Tensor>
/** What a graph computes: outputs by name. */
export type Run = (graph: Graph, feeds: Feeds) => Promise<ReadonlyMap<string, Tensor>> | ReadonlyMap<string, Tensor>

const inC =
  (settings: Settings): Run =>
  (graph, feeds) => {
    const plan = lower(graph)
    return compileC([plan], settings).run(plan, [feeds])[0]!.outputs
  }

/** The interpreter and everything that must agree with it to the last bit, by name. */
export const targets: Readonly<Record<string, Run>> = {
  interpreter: interpret,
  ...(hasCompiler('gcc') ? { 'gcc -O0': inC({ flags: ['-O0'] }), 'gcc -O3': inC({ flags: ['-O3'] }) } : {}),
  ...(hasCompiler('clang-22') ? { 'clang -O2': inC({ compiler: 'clang-22' }) } : {}),
  wasm: async (graph, feeds) => (await loadPlan(lower(graph)))(feeds),
}
