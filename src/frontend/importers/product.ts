import { call } from '../../ir/expr.ts'
import type { Node } from '../../ir/node.ts'
import { elements } from '../../ir/tensor.ts'
import { elementwise, raise, reshape, transpose } from './build.ts'
import { type Context, invalid, isFixed, unsupported } from './context.ts'
import { a, asIs, b } from './expressions.ts'

/** A[…,M,K] · B[…,K,N] → […,M,N]; leading axes broadcast. */
export function matrixProduct(context: Context, left: Node, right: Node): Node {
  const { shape } = right.type
  if (left.type.shape.at(-1) !== shape.at(-2)) throw invalid(context, `multiplies [${left.type.shape}] by [${shape}]`)
  return productOfRows(context, left, transpose(context, right, swapped(shape.length)))
}

/** A[…,M,K] · B[…,N,K]ᵀ → […,M,N]: B as weights have it. A fixed side becomes the weights of a convolution. */
export function productOfRows(context: Context, left: Node, right: Node): Node {
  const rank = Math.max(left.type.shape.length, right.type.shape.length)
  const [x, y] = [raise(context, left, rank), raise(context, right, rank)]
  if (x.type.shape[rank - 1] !== y.type.shape[rank - 1])
    throw invalid(context, `multiplies [${left.type.shape}] by the transposed [${right.type.shape}]`)
  if (isFixed(right)) return weighted(context, x, y)
  // (B · Aᵀ)ᵀ where the weights are on the left.
  return isFixed(left) ? transpose(context, weighted(context, y, x), swapped(rank)) : ofActivations(context, x, y)
}

const swapped = (rank: number): readonly number[] => [...Array(rank - 2).keys(), rank - 1, rank - 2]

/**
 * x[…,M,K] · weights[…,N,K]ᵀ. A leading axis that only x has is more rows, one that only the weights have is more
 * filters, and one that both have is a group.
 */
function weighted(context: Context, x: Node, weights: Node): Node {
  const rank = x.type.shape.length
  const kinds = x.type.shape.slice(0, -2).map((size, axis) => {
    const other = weights.type.shape[axis]!
    if (size !== other && size !== 1 && other !== 1)
      throw invalid(context, `multiplies batches of ${size} by batches of ${other}`)
    return other === 1 ? 'rows' : size === 1 ? 'filters' : 'groups'
  })
  const axesOf = (kind: string) => [...kinds.keys()].filter(axis => kinds[axis] === kind)
  const [rows, groups, filters] = [axesOf('rows'), axesOf('groups'), axesOf('filters')]
  const [m, k] = x.type.shape.slice(-2) as [number, number]
  const n = weights.type.shape[rank - 2]!
  const count = elements(groups.map(axis => x.type.shape[axis]!))
  const image = transpose(context, x, [...rows, ...filters, rank - 2, ...groups, rank - 1])
  const kernels = transpose(context, weights, [...rows, ...groups, ...filters, rank - 2, rank - 1])
  const outer = rows.map(axis => x.type.shape[axis]!)
  const inner = [...groups, ...filters].map(axis => weights.type.shape[axis]!)
  const flat = reshape(context, image, [...outer, m, count * k])
  const sums = multiply(context, flat, reshape(context, kernels, [elements(inner) * n, k]), count)
  const order = [...rows, rank - 2, ...groups, ...filters, rank - 1]
  return transpose(
    context,
    reshape(context, sums, [...outer, m, ...inner, n]),
    [...order.keys()].map(axis => order.indexOf(axis)),
  )
}

/** x[…,groups·K] · weights[N,K]ᵀ → […,N]: one image per row of a matrix, one row of pixels per row where there are batches. */
function multiply(context: Context, x: Node, weights: Node, groups: number): Node {
  const [n, k] = weights.type.shape as [number, number]
  const rows = x.type.shape.slice(0, -1)
  const depth = groups * k
  const image = rows.length < 2 ? [rows[0] ?? 1, 1, 1, depth] : [elements(rows.slice(0, -1)), 1, rows.at(-1)!, depth]
  const sums = context.make('conv2d', [reshape(context, x, image), reshape(context, weights, [n, 1, 1, k])], {
    stride: [1, 1],
    dilation: [1, 1],
    padding: [0, 0, 0, 0],
    groups,
    epilogue: asIs,
  })
  return reshape(context, sums, [...rows, n])
}

/** Most products that a product of two activations stores before it adds them: 64 MB. */
const most = 2 ** 24

/** x[…,M,K] · y[…,N,K]ᵀ of two activations: all products, then their sums. */
function ofActivations(context: Context, x: Node, y: Node): Node {
  const [from, to] = [x.type.shape, y.type.shape]
  const [left, right] = [
    [...from.slice(0, -1), 1, from.at(-1)!],
    [...to.slice(0, -2), 1, ...to.slice(-2)],
  ]
  const batches = elements(from.slice(0, -2).map((size, axis) => Math.max(size, to[axis]!)))
  const count = batches * elements(from.slice(-2)) * to.at(-2)!
  if (count > most)
    throw unsupported(
      context,
      `multiplies two activations with ${count} products`,
      `products with a constant, and up to ${most} of two activations`,
      'Cut the model before it.',
    )
  const products = elementwise(context, call('mul', a, b), reshape(context, x, left), reshape(context, y, right))
  const { shape } = products.type
  const sums = context.make('reduce', [products], { kind: 'sum', axes: [shape.length - 1], epilogue: asIs })
  return reshape(context, sums, shape.slice(0, -1))
}
