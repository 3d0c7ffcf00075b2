import { type Graph, replaceAll, topological, usersOf } from '../ir/graph.ts'
import type { Node, OpName } from '../ir/node.ts'
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

/** More rewrites than any graph needs: a pass that gets there undoes its own work. */
const LIMIT = 10_000

/** A pass that applies the first rule that fires, one rewrite at a time, until none does. */
export const rewrites = (name: string, ...rules: readonly Rule[]): Pass => ({
  name,
  run(graph, context) {
    let current = graph
    for (let count = 0; count < LIMIT; count++) {
      const next = step(current, rules, context)
      if (next === current) return current
      current = next
    }
    throw new Error(`still rewriting after ${LIMIT} rewrites`)
  },
})

/** The same rewrites, marked as changing how f32 values round. */
export const roundingRewrites = (name: string, ...rules: readonly Rule[]): Pass => ({
  ...rewrites(name, ...rules),
  rounds: true,
})

function step(graph: Graph, rules: readonly Rule[], context: PassContext): Graph {
  const order = topological(graph)
  // Few rules ask, and this runs once per rewrite.
  let found: ReturnType<typeof usersOf> | undefined
  const users = (node: Node): readonly Node[] => {
    found ??= usersOf(graph, order)
    return found.get(node) ?? []
  }
  const outputs = new Set(graph.outputs.map(({ node }) => node))
  const site: Site = {
    ...context,
    soleUse: node => !outputs.has(node) && users(node).length === 1,
    usersOf: users,
    isOutput: node => outputs.has(node),
  }
  for (const node of order)
    for (const { name, apply } of rules) {
      const replacement = apply(node, site)
      if (!replacement || replacement === node) continue
      if (!context.mayRewrite(`${name} at ${node.origin.join('+')}`)) return graph
      return replaceAll(graph, new Map([[node, replacement]]), order)
    }
  return graph
}
