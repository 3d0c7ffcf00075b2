import type { Expr } from '../ir/expr.ts'
import type { Graph } from '../ir/graph.ts'
import { interpret } from '../ir/interpret.ts'
import type { OutputComparison } from './compare-outputs.ts'
import type { Feeds } from './runner.ts'

/** Differences of a run in which the model itself takes the sign of an exact 0 are no fault: bits have no 0. */
export function excuseZeros(results: readonly OutputComparison[], graph: Graph, feeds: Feeds): OutputComparison[] {
  const differ = results.some(({ verdict }) => verdict === 'different')
  if (!differ || !takesSignOfZero(graph, feeds)) return [...results]
  return results.map(result => (result.verdict === 'different' ? { ...result, verdict: 'zeros' } : result))
}

/** Whether any sign in the graph as it was imported is 0. */
function takesSignOfZero(graph: Graph, feeds: Feeds): boolean {
  let found = false
  interpret(graph, feeds, (node, { values }) => {
    if (node.op === 'map' && isSign(node.attrs.expr) && (values as Float32Array).includes(0)) found = true
  })
  return found
}

const isSign = (expr: Expr): boolean => expr.fn === 'sign'
