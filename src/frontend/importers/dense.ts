import { call, number } from '../../ir/expr.ts'
import type { Node } from '../../ir/node.ts'
import { elements } from '../../ir/tensor.ts'
import { elementwise, reshape, transpose } from './build.ts'
import { type Context, type Importer, invalid, operand, requireFixed, unsupported } from './context.ts'
import { a, asIs, b } from './expressions.ts'

/** Products with a constant matrix: convolutions of 1×1 images. */
export const dense: Record<'Gemm' | 'MatMul', Importer> = {
  /** alpha · A[M,K] · B[K,N] + beta · C. */
  Gemm: context => {
    const { attributes, opset } = context
    const left = operand(context, 0)
    const right = requireFixed(context, operand(context, 1), 'matrix B')
    if (left.type.shape.length !== 2 || right.type.shape.length !== 2)
      throw invalid(context, `multiplies [${left.type.shape}] by [${right.type.shape}]`)
    const x = attributes.oneOf('transA', 0, 1) ? transpose(context, left, [1, 0]) : left
    const weights = attributes.oneOf('transB', 0, 1) ? right : transpose(context, right, [1, 0])
    const alpha = attributes.float('alpha', 1)
    const beta = attributes.float('beta', 1)
    if (opset < 7) attributes.ignore('broadcast')
    const products = scaled(context, multiply(context, x, weights), alpha)
    const bias = context.inputs[2]
    if (!bias) return products
    const sum = elementwise(context, call('add', a, b), products, scaled(context, bias, beta))
    if (elements(sum.type.shape) !== elements(products.type.shape))
      throw invalid(context, `adds C of shape [${bias.type.shape}] to [${products.type.shape}]`)
    return sum
  },
  /** A[…,K] · B[K,N]. */
  MatMul: context => {
    const x = operand(context, 0)
    const right = operand(context, 1)
    if (right.op !== 'constant' && x.op === 'constant')
      throw unsupported(context, 'multiplies a constant by an activation', 'an activation times a constant matrix')
    requireFixed(context, right, 'right side (a product of two activations is not supported)')
    const { shape } = right.type
    if (x.type.shape.length === 0 || shape.length === 0) throw invalid(context, 'multiplies a scalar')
    if (shape.slice(0, -2).some(size => size !== 1))
      throw unsupported(context, `multiplies by a batch of matrices [${shape}]`, 'one constant matrix')
    const [k, n] = shape.length === 1 ? [shape[0]!, 1] : (shape.slice(-2) as [number, number])
    const weights = transpose(context, reshape(context, right, [k, n]), [1, 0])
    const product = multiply(context, x, weights)
    const { shape: full } = product.type
    const extra = new Array<number>(Math.max(shape.length - x.type.shape.length, 0)).fill(1)
    // A vector on the right drops its axis; a batch of one matrix on the right adds its leading axes.
    if (shape.length === 1) return reshape(context, product, full.slice(0, -1))
    return x.type.shape.length === 1
      ? reshape(context, product, [...extra.slice(1), n])
      : reshape(context, product, [...extra, ...full])
  },
}

/** x[…,K] · weights[N,K]ᵀ → […,N]: one image per row of a matrix, one row of pixels per row where there are batches. */
function multiply(context: Context, x: Node, weights: Node): Node {
  const [n, k] = weights.type.shape as [number, number]
  const { shape } = x.type
  const rows = shape.slice(0, -1)
  if (shape[shape.length - 1] !== k) throw invalid(context, `multiplies [${shape}] by a matrix of ${k} rows`)
  const image = rows.length < 2 ? [rows[0] ?? 1, 1, 1, k] : [elements(rows.slice(0, -1)), 1, rows[rows.length - 1]!, k]
  const sums = context.make('conv2d', [reshape(context, x, image), reshape(context, weights, [n, 1, 1, k])], {
    stride: [1, 1],
    dilation: [1, 1],
    padding: [0, 0, 0, 0],
    groups: 1,
    epilogue: asIs,
  })
  return reshape(context, sums, [...rows, n])
}

const scaled = (context: Context, x: Node, factor: number): Node =>
  factor === 1 ? x : elementwise(context, call('mul', a, number(factor)), x)
