import { isReducing, sourcesOf, withEpilogue } from '../../ir/epilogue.ts'
import { arg, call, type Expr } from '../../ir/expr.ts'
import type { Graph, Output } from '../../ir/graph.ts'
import { create, type Node } from '../../ir/node.ts'
import type { Network } from './network.ts'

/** Names of the outputs that the probed network has for a stage. */
export const probes = {
  value: (stage: number) => `report_value_${stage}`,
  sum: (stage: number) => `report_sum_${stage}`,
  distance: (stage: number) => `report_distance_${stage}`,
}

/**
 * The network with more outputs: the value of every stage, and for a sign what it compares and by how much. The layer is
 * computed once more for them, so that its own kernel stays as it is.
 */
export function probedGraph({ graph, nodes }: Pick<Network, 'graph' | 'nodes'>): Graph {
  const outputs = nodes.flatMap((node, stage): Output[] => {
    if (node.op === 'input') return []
    const sums = sumsOf(node)
    const distance = distanceOf(node)
    return [
      { name: probes.value(stage), node },
      ...(sums ? [{ name: probes.sum(stage), node: sums }] : []),
      ...(distance ? [{ name: probes.distance(stage), node: distance }] : []),
    ]
  })
  return { ...graph, outputs: [...graph.outputs, ...outputs] }
}

/** What a layer accumulates, where its own result is something else. */
const sumsOf = (node: Node): Node | undefined =>
  isReducing(node) && node.op !== 'pool' && node.attrs.epilogue.fn !== 'arg' && sourcesOf(node)[0] !== undefined
    ? withEpilogue(node, [], arg(0))
    : undefined

/** The difference of both sides where a result is a comparison. */
function distanceOf(node: Node): Node | undefined {
  const expr = node.op === 'map' ? node.attrs.expr : isReducing(node) ? node.attrs.epilogue : undefined
  const difference = expr && differenceOf(expr)
  if (!difference) return undefined
  if (node.op === 'map') return create('map', node.operands, { expr: difference }, node.origin)
  if (!isReducing(node)) return undefined
  return withEpilogue(node, node.operands.slice(sourcesOf(node).length), difference)
}

function differenceOf(expr: Expr): Expr | undefined {
  if (!('args' in expr)) return undefined
  return expr.fn === 'ge' || expr.fn === 'gt' ? call('sub', expr.args[0]!, expr.args[1]!) : undefined
}
