import { type Graph, topological } from '../ir/graph.ts'
import { mustBeSame, type Node, type OpName, withOperands } from '../ir/node.ts'
import { Uses } from '../ir/uses.ts'
import type { Pass, PassContext } from './pass.ts'

/** What a rule may ask about the graph around a node. */
export interface Site extends PassContext {
  /** Read by one node only, and not an output. */
  readonly soleUse: (node: Node) => boolean
  readonly usersOf: (node: Node) => readonly Node[]
  readonly isOutput: (node: Node) => boolean
}

export interface Rule {
  readonly name: string
  readonly apply: (node: Node, site: Site) => Node | undefined
}

/** A rewrite of one kind of node: returns its replacement, of the same type, or undefined where it does not apply. */
export const rule = <K extends OpName>(
  name: string,
  op: K | readonly K[],
  rewrite: (node: Node<K>, site: Site) => Node | undefined,
): Rule => {
  const kinds: readonly OpName[] = Array.isArray(op) ? op : [op]
  return { name, apply: (node, site) => (kinds.includes(node.op) ? rewrite(node as Node<K>, site) : undefined) }
}

/** More rewrites than any graph of so many nodes needs: a pass that gets there undoes its own work. */
const limitFor = (nodes: number): number => 10_000 + 100 * nodes

/** A pass that applies the first rule that fires, one rewrite at a time, until none does. */
export const rewrites = (name: string, ...rules: readonly Rule[]): Pass => ({
  name,
  run(graph, context) {
    let current = graph
    for (let fired = 0, limit = 0; ; ) {
      const order = topological(current)
      limit ||= limitFor(order.length)
      const sweep = new Sweep(current, order, rules, context)
      const next = sweep.run(limit - fired)
      if (sweep.fired === 0) return current
      fired += sweep.fired
      current = next
      if (sweep.stopped) return current
    }
  },
})

/** The same rewrites, marked as changing how f32 values round. */
export const roundingRewrites = (name: string, ...rules: readonly Rule[]): Pass => ({
  ...rewrites(name, ...rules),
  rounds: true,
})

/**
 * One walk over the graph, operands before users. A node whose operands are done is rewritten until no rule fires; what a
 * rule makes is walked as well. Rules see the graph as it is at that moment, so each walk costs as much as the graph is
 * large, and the few rules that look at users find in the next walk what a later rewrite made possible.
 */
class Sweep {
  fired = 0
  /** The limit of rewrites was reached. */
  stopped = false
  private readonly graph: Graph
  private readonly order: readonly Node[]
  private readonly rules: readonly Rule[]
  private readonly uses: Uses
  private readonly site: Site
  private readonly done = new Set<Node>()

  constructor(graph: Graph, order: readonly Node[], rules: readonly Rule[], context: PassContext) {
    const uses = new Uses(graph, order)
    this.graph = graph
    this.order = order
    this.rules = rules
    this.uses = uses
    this.site = {
      ...context,
      soleUse: node => uses.isSole(node),
      usersOf: node => uses.of(node),
      isOutput: node => uses.isOutput(node),
    }
  }

  run(limit: number): Graph {
    for (const node of this.order) this.settle(node, limit)
    return { ...this.graph, outputs: this.graph.outputs.map(({ name, node }) => ({ name, node: this.uses.now(node) })) }
  }

  /** An explicit stack: what a rule makes may be deep. */
  private settle(root: Node, limit: number): void {
    const stack = [root]
    while (stack.length > 0) {
      const node = this.uses.now(stack.at(-1)!)
      const waiting = this.done.has(node) ? [] : node.operands.filter(operand => !this.done.has(this.uses.now(operand)))
      if (waiting.length > 0) {
        stack.push(...waiting)
        continue
      }
      const next = this.done.has(node) ? undefined : (this.onNewOperands(node) ?? this.rewritten(node))
      if (next) this.uses.replace(node, next)
      else {
        this.done.add(node)
        stack.pop()
      }
      if (this.fired > limit) throw new Error(`still rewriting '${node.origin.join('+')}' after ${limit} rewrites`)
    }
  }

  private onNewOperands(node: Node): Node | undefined {
    const operands = node.operands.map(operand => this.uses.now(operand))
    return operands.some((operand, k) => operand !== node.operands[k]) ? withOperands(node, operands) : undefined
  }

  private rewritten(node: Node): Node | undefined {
    if (this.stopped) return undefined
    for (const { name, apply } of this.rules) {
      const replacement = apply(node, this.site)
      if (!replacement || replacement === node) continue
      if (!this.site.mayRewrite(`${name} at ${node.origin.join('+')}`)) {
        this.stopped = true
        return undefined
      }
      mustBeSame(`replacement of ${node.op} '${node.origin.join('+')}' by ${name}`, replacement.type, node.type)
      this.fired++
      return replacement
    }
    return undefined
  }
}
