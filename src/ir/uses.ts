import { type Graph, usersOf } from './graph.ts'
import type { Node } from './node.ts'

/**
 * Who reads a node, kept up to date while nodes are replaced one after the other: each replacement costs as much as the
 * nodes that come and go, whatever the size of the graph.
 */
export class Uses {
  /** Readers with how often they read; only nodes that the graph still needs. */
  private readonly readers = new Map<Node, Map<Node, number>>()
  private readonly outputs: Set<Node>
  private readonly replaced = new Map<Node, Node>()

  constructor(graph: Graph, order: readonly Node[]) {
    this.outputs = new Set(graph.outputs.map(({ node }) => node))
    for (const node of order) this.readers.set(node, new Map())
    for (const [node, users] of usersOf(graph, order)) for (const user of users) this.read(node, user)
  }

  /** What stands for a node now. */
  now(node: Node): Node {
    let last = node
    for (let next = this.replaced.get(last); next; next = this.replaced.get(last)) last = next
    if (last !== node) this.replaced.set(node, last)
    return last
  }

  isOutput(node: Node): boolean {
    return this.outputs.has(node)
  }

  /** Read by one node only, and not an output. */
  isSole(node: Node): boolean {
    const readers = this.readers.get(node)
    if (readers?.size !== 1 || this.outputs.has(node)) return false
    const [times] = readers.values()
    return times === 1
  }

  /** A node read twice by one user is listed once. */
  of(node: Node): readonly Node[] {
    return [...(this.readers.get(node)?.keys() ?? [])]
  }

  /** Everything that reads `node` reads `by` instead. What only `node` needed goes with it. */
  replace(node: Node, by: Node): void {
    this.enter(by)
    const readers = this.readers.get(by)!
    for (const [user, times] of this.readers.get(node) ?? []) readers.set(user, (readers.get(user) ?? 0) + times)
    this.readers.delete(node)
    if (this.outputs.delete(node)) this.outputs.add(by)
    this.replaced.set(node, by)
    this.leave(node)
  }

  /** Adds a node with all that it needs and that is not there yet. */
  private enter(node: Node): void {
    if (this.readers.has(node)) return
    this.readers.set(node, new Map())
    const pending = [node]
    for (let next = pending.pop(); next; next = pending.pop())
      for (const operand of next.operands) {
        if (!this.readers.has(operand)) {
          this.readers.set(operand, new Map())
          pending.push(operand)
        }
        this.read(operand, next)
      }
  }

  /** Takes back what a node read, and so on for all that nothing reads any more. */
  private leave(node: Node): void {
    const pending = [node]
    for (let next = pending.pop(); next; next = pending.pop())
      for (const each of new Set(next.operands)) {
        const operand = this.now(each)
        const readers = this.readers.get(operand)
        readers?.delete(next)
        if (readers?.size === 0 && !this.outputs.has(operand)) {
          this.readers.delete(operand)
          pending.push(operand)
        }
      }
  }

  private read(node: Node, user: Node): void {
    const readers = this.readers.get(node)!
    readers.set(user, (readers.get(user) ?? 0) + 1)
  }
}
