import { adaptInputs, type InputForm } from '../frontend/adapt-inputs.ts'
import type { Graph } from '../ir/graph.ts'
import { interpret } from '../ir/interpret.ts'
import type { Feeds } from './runner.ts'

/** The graph whose inputs have the form of the generated code's, and the way back to the model's own. */
export interface AdaptedGraph {
  readonly graph: Graph
  /** Whether the forms are the same. */
  readonly isSame: boolean
  /** Values for the model's inputs from values for the generated code's: floats for pixels, another layout. */
  readonly toModel: (feeds: Feeds) => Feeds
}

export function adaptGraph(graph: Graph, form: InputForm): AdaptedGraph {
  const count = graph.outputs.length
  // With the model's inputs as outputs too, adapting shows what is computed for each of them.
  const shown = graph.inputs.map(node => ({ name: node.attrs.name, node }))
  const adapted = adaptInputs({ ...graph, outputs: [...graph.outputs, ...shown] }, form)
  const inputsOnly = { ...adapted, outputs: adapted.outputs.slice(count) }
  return {
    graph: { ...adapted, outputs: adapted.outputs.slice(0, count) },
    isSame: adapted.inputs.every((node, k) => node === graph.inputs[k]),
    toModel: feeds => interpret(inputsOnly, feeds),
  }
}
