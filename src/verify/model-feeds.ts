import { adaptInputs, type InputForm } from '../frontend/adapt-inputs.ts'
import type { Graph } from '../ir/graph.ts'
import { interpret } from '../ir/interpret.ts'
import type { Feeds } from '../run/runner.ts'

/** Values for the model's inputs from values for the generated code's: floats for pixels, another layout. */
export function feedsOfModel(graph: Graph, form: InputForm): (feeds: Feeds) => Feeds {
  // With the model's inputs as outputs, adapting shows what is computed for each of them.
  const outputs = graph.inputs.map(node => ({ name: node.attrs.name, node }))
  const adapted = adaptInputs({ ...graph, outputs }, form)
  return feeds => interpret(adapted, feeds)
}
