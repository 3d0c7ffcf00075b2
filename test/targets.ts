import type { Graph } from '../src/ir/graph.ts'
import { interpret } from '../src/ir/interpret.ts'
import type { Tensor } from '../src/ir/tensor.ts'
import { lower } from '../src/lower/index.ts'
import { compileC, hasCompiler, type Settings } from './c-runner.ts'
import { loadPlan } from './wasm-runner.ts'

export type Feeds = ReadonlyMap<string, Tensor>
/** What a graph computes: outputs by name. */
export type Run = (graph: Graph, feeds: Feeds) => Promise<ReadonlyMap<string, Tensor>> | ReadonlyMap<string, Tensor>

/** Built once, however many feeds a graph is run with. */
function once<T>(build: (graph: Graph) => T): (graph: Graph) => T {
  const built = new WeakMap<Graph, T>()
  return graph => {
    const found = built.get(graph) ?? build(graph)
    built.set(graph, found)
    return found
  }
}

function inC(settings: Settings): Run {
  const program = once(graph => {
    const plan = lower(graph)
    return { plan, run: compileC([plan], settings).run }
  })
  return (graph, feeds) => {
    const { plan, run } = program(graph)
    return run(plan, [feeds])[0]!.outputs
  }
}

const inWasm = once(graph => loadPlan(lower(graph)))

/** The interpreter and everything that must agree with it to the last bit, by name. */
export const targets: Readonly<Record<string, Run>> = {
  interpreter: interpret,
  ...(hasCompiler('gcc') ? { 'gcc -O0': inC({ flags: ['-O0'] }), 'gcc -O3': inC({ flags: ['-O3'] }) } : {}),
  ...(hasCompiler('clang-22') ? { 'clang -O2': inC({ compiler: 'clang-22' }) } : {}),
  wasm: async (graph, feeds) => (await inWasm(graph))(feeds),
}
