import { arg, call, type Expr, number } from '../../ir/expr.ts'
import { constant, create, type Node } from '../../ir/node.ts'
import type { Ops } from '../../ir/ops.ts'
import { i32 } from '../../ir/tensor.ts'

/** An image of bits, or an image of sums, and what it is multiplied with. */
export interface Weighed {
  readonly node: Node
  readonly factor: number
}

export interface SignPlane {
  readonly signs: Node<'constant'>
  /** Whole numbers, one for each filter or one for all. */
  readonly factors: ArrayLike<number>
}

/** Images of sums that are added, with factors like those of a plane. */
export interface Beside {
  readonly sums: Node
  readonly factors: ArrayLike<number>
}

type Window = Omit<Ops['binaryConv2d']['attrs'], 'epilogue'>

/**
 * sum_ij f_i · g_j · dot(b_i, w_j) + what stands beside it, an i32. Each sum of bits goes on from what those before it
 * made, so that two images of sums are alive however many planes there are.
 */
export function sumOfPlanes(
  images: readonly Weighed[],
  planes: readonly SignPlane[],
  beside: readonly Beside[],
  window: Window,
  origin: Node['origin'],
): Node<'binaryConv2d'> {
  let total: Node<'binaryConv2d'> | undefined
  for (const { signs, factors } of planes) {
    const [weights, each] = split(factors, origin)
    for (const { node, factor } of images) {
      const extras: Node[] = []
      const extra = (other: Node): Expr => arg(extras.push(other))
      const times = (expr: Expr, by: number, perFilter?: Node): Expr =>
        perFilter ? call('mul', timesInteger(expr, by), extra(perFilter)) : timesInteger(expr, by)
      const dot = times(arg(0), factor * weights, each)
      const others = total
        ? [extra(total)]
        : beside.map(({ sums, factors }) => times(extra(sums), ...split(factors, origin)))
      const epilogue = others.reduce((sum, other) => call('add', sum, other), dot)
      total = create('binaryConv2d', [node, signs, ...extras], { ...window, epilogue }, origin)
    }
  }
  if (!total) throw new Error('a sum of no planes')
  return total
}

/** One number for all filters, or 1 and a constant of one for each. */
function split(factors: ArrayLike<number>, origin: Node['origin']): [common: number, perFilter?: Node] {
  const [first, ...others] = Array.from(factors)
  if (others.every(factor => factor === first)) return [first!]
  return [1, constant(i32([1, 1, 1, factors.length], factors), origin)]
}

const timesInteger = (expr: Expr, factor: number): Expr =>
  factor === 1 ? expr : factor === -1 ? call('neg', expr) : call('mul', expr, call('int', number(factor)))
