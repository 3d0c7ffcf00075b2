import { topological } from '../../ir/graph.ts'
import type { Node } from '../../ir/node.ts'
import { elements, numbersOf, type Tensor } from '../../ir/tensor.ts'
import type { BiasFigures } from '../report.ts'
import { histogramOf } from './histogram.ts'
import type { Network } from './network.ts'

/** The model's own bias of every layer with one: what its ONNX node adds, a value per filter. */
export function biasesOf({ source, summary }: Network): BiasFigures[] {
  const nodes = topological(source)
  return summary.layers.flatMap(({ name, shape }, layer) => {
    const biases = nodes.filter(({ origin }) => origin[0] === name).flatMap(node => addedBy(node) ?? [])
    const bias = biases.find(each => elements(each.shape) === shape.at(-1))
    return bias ? [{ layer, histogram: histogramOf(numbersOf(bias)) }] : []
  })
}

/** The constant that a sum with one adds. */
function addedBy(node: Node): Tensor | undefined {
  if (node.op !== 'map' || node.attrs.expr.fn !== 'add') return undefined
  const constant = node.operands.find(({ op }) => op === 'constant')
  return constant?.op === 'constant' ? constant.attrs.value : undefined
}
