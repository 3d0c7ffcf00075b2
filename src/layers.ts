import { type Convolution, extrasOf, isConvolution } from './ir/epilogue.ts'
import { type Graph, topological } from './ir/graph.ts'
import type { Node } from './ir/node.ts'

/** What has weights: convolutions, dense layers, embeddings. */
export type WeightedNode = Convolution | Node<'gather'>

/** A layer of the model. */
export interface Layer {
  /** The node whose result is the layer's. */
  readonly node: WeightedNode
  /** The node itself, and the sums that it adds: one for each plane of its input and each of its weights. */
  readonly sums: readonly WeightedNode[]
}

export const weightsOf = (node: WeightedNode): Node => (node.op === 'gather' ? node.operands[0] : node.operands[1])

/** All layers, in the order of their results. */
export function layersOf(graph: Graph): Layer[] {
  const weighted = topological(graph).filter(
    (node): node is WeightedNode => isConvolution(node) || node.op === 'gather',
  )
  const parts = new Set<Node>()
  const layers = weighted.toReversed().flatMap((node): Layer[] => {
    if (parts.has(node)) return []
    const others = node.op === 'gather' ? [] : partsOf(node)
    for (const part of others) parts.add(part)
    return [{ node, sums: [node, ...others] }]
  })
  return layers.toReversed()
}

/** Sums of the same layer that its epilogue reads. */
const partsOf = (node: Convolution): Convolution[] =>
  extrasOf(node).flatMap(extra => {
    const sum = extra.op === 'pad' ? extra.operands[0] : extra
    return isConvolution(sum) && sum.op === node.op && sum.origin[0] === node.origin[0] ? [sum, ...partsOf(sum)] : []
  })

/** How many planes of bits its input and its weights are; 1 for layers of signs. Plain sums of the input are no plane. */
export function planesOf({ sums }: Layer): { readonly input: number; readonly weights: number } {
  const inputs = new Set(sums.map(({ operands: [x] }) => x))
  const weights = [...new Set(sums.map(weightsOf))].filter(each => sums.length === 1 || !isAllOnes(each))
  return { input: inputs.size, weights: weights.length }
}

const isAllOnes = (node: Node): boolean =>
  node.op === 'constant' && (node.attrs.value.values as Uint8Array).every(bit => bit === 1)
