import type { Node } from './node.ts'
import { mustBeSame, withOperands } from './node.ts'

export interface Output {
  readonly name: string
  readonly node: Node
}

/** Inputs in ONNX order and outputs; everything else is reached from the outputs. */
export interface Graph {
  readonly name: string
  readonly inputs: readonly Node<'input'>[]
  readonly outputs: readonly Output[]
}

/** Operands before users; nodes that no output needs are never reached. */
export function topological(graph: Graph): Node[] {
  const order = new Set<Node>()
  // An explicit stack: networks may be deeper than the call stack.
  const stack: { node: Node; next: number }[] = []
  const open = (node: Node) => {
    if (!order.has(node)) stack.push({ node, next: 0 })
  }
  for (const { node: root } of graph.outputs) {
    open(root)
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!
      const operand = top.node.operands[top.next++]
      if (operand) open(operand)
      else {
        order.add(top.node)
        stack.pop()
      }
    }
  }
  return [...order]
}

/** Who reads a node. A node read twice by one user is listed twice; outputs do not count. */
export function usersOf(graph: Graph, order: readonly Node[] = topological(graph)): ReadonlyMap<Node, readonly Node[]> {
  const users = new Map<Node, Node[]>()
  for (const node of order) {
    for (const operand of node.operands) {
      const list = users.get(operand)
      if (list) list.push(node)
      else users.set(operand, [node])
    }
  }
  return users
}

/** The graph with some nodes replaced by others of the same type; what uses them is made anew, the rest is shared. */
export function replaceAll(graph: Graph, replacements: ReadonlyMap<Node, Node>, order = topological(graph)): Graph {
  for (const [target, replacement] of replacements)
    mustBeSame(`replacement of ${target.op} '${target.origin.join('+')}'`, replacement.type, target.type)
  const rebuilt = new Map<Node, Node>()
  const now = (node: Node): Node => rebuilt.get(node) ?? node
  for (const node of order) {
    const replacement = replacements.get(node)
    if (replacement) rebuilt.set(node, replacement)
    else if (node.operands.some(operand => now(operand) !== operand))
      rebuilt.set(node, withOperands(node, node.operands.map(now)))
  }
  if (rebuilt.size === 0) return graph
  return { ...graph, outputs: graph.outputs.map(({ name, node }) => ({ name, node: now(node) })) }
}

/** Every node on its changed operands, handed to `change` with the node it was; the same graph where nothing changes. */
export function rebuild(graph: Graph, change: (node: Node, original: Node) => Node): Graph {
  const rebuilt = new Map<Node, Node>()
  const now = (node: Node): Node => rebuilt.get(node)!
  for (const node of topological(graph)) {
    const operands = node.operands.map(now)
    const moved = operands.some((operand, k) => operand !== node.operands[k])
    rebuilt.set(node, change(moved ? withOperands(node, operands) : node, node))
  }
  if ([...rebuilt].every(([before, after]) => before === after)) return graph
  return { ...graph, outputs: graph.outputs.map(({ name, node }) => ({ name, node: now(node) })) }
}
