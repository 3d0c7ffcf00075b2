import { extrasOf, isReducing, sourcesOf, withEpilogue } from '../ir/epilogue.ts'
import { arg, type Expr, rewriteExpr } from '../ir/expr.ts'
import { evaluateNode } from '../ir/interpret.ts'
import { create, type Node } from '../ir/node.ts'
import { elements, type Tensor } from '../ir/tensor.ts'

/** How far the values of a node lie from where its result jumps. */
export interface Distances {
  /** Per element: value minus threshold, of the nearest of its comparisons. */
  readonly values: Float64Array
  /** Whether floats are compared, which are known within a tolerance only. */
  readonly inexact: boolean
  /** Largest magnitude of what is compared, over the whole layer. */
  readonly scale: number
}

export interface Evaluated {
  readonly result: Tensor
  /** Undefined where nothing is compared. */
  readonly distances: Distances | undefined
}

/** A threshold that is always or never met is the largest float: no measure of the layer's values. */
const UNREACHED = 1e30

/** A node's value by the interpreter, and its distances to the thresholds in its expression. Accumulates only once. */
export function evaluateWithDistances(node: Node, operands: readonly Tensor[]): Evaluated {
  if (node.op !== 'map' && !isReducing(node)) return { result: evaluateNode(node, operands), distances: undefined }
  const { expr, evaluate } = node.op === 'map' ? ofMap(node, operands) : ofReducing(node, operands)
  const sides = comparisonsIn(expr).map(([a, b]) => [evaluate(a), evaluate(b)] as const)
  return {
    result: evaluate(expr),
    distances: sides.length === 0 ? undefined : measure(sides, elements(node.type.shape)),
  }
}

interface Evaluable {
  readonly expr: Expr
  readonly evaluate: (expr: Expr) => Tensor
}

const ofMap = (node: Node<'map'>, operands: readonly Tensor[]): Evaluable => ({
  expr: node.attrs.expr,
  evaluate: expr => evaluateNode(create('map', node.operands, { expr }, node.origin), operands),
})

function ofReducing(node: Parameters<typeof withEpilogue>[0], operands: readonly Tensor[]): Evaluable {
  const sums = withEpilogue(node, [], arg(0))
  const count = sourcesOf(node).length
  const values = [evaluateNode(sums, operands.slice(0, count)), ...operands.slice(count)]
  const nodes: Node[] = [sums, ...extrasOf(node)]
  return {
    expr: node.attrs.epilogue,
    evaluate: expr => evaluateNode(create('map', nodes, { expr }, node.origin), values),
  }
}

/** Both sides of every comparison; the sign of a float is its comparison with 0. */
function comparisonsIn(expr: Expr): (readonly [Expr, Expr])[] {
  const found: (readonly [Expr, Expr])[] = []
  rewriteExpr(expr, part => {
    if (part.fn === 'ge' || part.fn === 'gt' || part.fn === 'eq') found.push([part.args[0]!, part.args[1]!])
    if (part.fn === 'sign') found.push([part.args[0]!, { fn: 'number', value: 0 }])
    return part
  })
  return found
}

function measure(sides: readonly (readonly [Tensor, Tensor])[], length: number): Distances {
  const values = new Float64Array(length).fill(Number.POSITIVE_INFINITY)
  let scale = 0
  for (const [a, b] of sides)
    for (let i = 0; i < length; i++) {
      const [left, right] = [Number(a.values[i]), Number(b.values[i])]
      for (const size of [Math.abs(left), Math.abs(right)]) if (size < UNREACHED && size > scale) scale = size
      if (Math.abs(left - right) < Math.abs(values[i]!)) values[i] = left - right
    }
  return { values, inexact: sides.some(([a]) => a.dtype === 'f32'), scale }
}
