import type { ModelGraph, ModelNode } from './model.ts'

/** What a node reads: its inputs, and what its branches take from around them. */
export const readsOf = (node: ModelNode): readonly string[] => [
  ...node.inputs.filter(name => name !== ''),
  ...[...node.attributes.values()].flatMap(({ graph }) => (graph ? capturedBy(graph) : [])),
]

/** Names that a graph inside a node reads and does not make itself. */
export function capturedBy({ nodes, initializers, inputs, outputs }: ModelGraph): readonly string[] {
  const own = new Set([...initializers, ...inputs].map(({ name }) => name))
  for (const name of nodes.flatMap(node => node.outputs)) own.add(name)
  return [...nodes.flatMap(readsOf), ...outputs.map(({ name }) => name)].filter(name => !own.has(name))
}

/**
 * The nodes, each behind those that it reads; nodes that stand in such an order already stay as they are. `cyclic` is a
 * node that depends on its own result, if there is one.
 */
export function orderNodes(nodes: readonly ModelNode[]): { ordered: readonly ModelNode[]; cyclic?: ModelNode } {
  const makers = new Map(nodes.flatMap(node => node.outputs.map(name => [name, node])))
  const ordered = new Set<ModelNode>()
  const open = new Set<ModelNode>()
  // An explicit stack: networks may be deeper than the call stack.
  const stack: { node: ModelNode; reads: readonly string[]; next: number }[] = []
  const enter = (node: ModelNode) => {
    open.add(node)
    stack.push({ node, reads: readsOf(node), next: 0 })
  }
  for (const root of nodes) {
    if (!ordered.has(root)) enter(root)
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!
      const name = top.reads[top.next++]
      const maker = name === undefined ? undefined : makers.get(name)
      if (name === undefined) {
        ordered.add(top.node)
        open.delete(top.node)
        stack.pop()
      } else if (maker && open.has(maker)) return { ordered: nodes, cyclic: maker }
      else if (maker && !ordered.has(maker)) enter(maker)
    }
  }
  return { ordered: [...ordered] }
}

/** The nodes that these values depend on, each behind those that it reads. */
export function neededNodes(nodes: readonly ModelNode[], outputs: readonly string[]): readonly ModelNode[] {
  const wanted = new Set(outputs)
  const needed = orderNodes(nodes)
    .ordered.toReversed()
    .filter(node => {
      if (!node.outputs.some(name => wanted.has(name))) return false
      for (const name of readsOf(node)) wanted.add(name)
      return true
    })
  return needed.reverse()
}
