import { call, number } from '../../ir/expr.ts'
import type { Node } from '../../ir/node.ts'
import { elements } from '../../ir/tensor.ts'
import { elementwise, reshape, transpose } from './build.ts'
import { type Context, type Importer, invalid, operand } from './context.ts'
import { a, b } from './expressions.ts'
import { matrixProduct, productOfRows } from './product.ts'

/** Products of matrices, one of them constant, or of two small activations. */
export const dense: Record<'Gemm' | 'MatMul', Importer> = {
  /** alpha · A[M,K] · B[K,N] + beta · C. */
  Gemm: context => {
    const { attributes, opset } = context
    const [left, right] = [operand(context, 0), operand(context, 1)]
    if (left.type.shape.length !== 2 || right.type.shape.length !== 2)
      throw invalid(context, `multiplies [${left.type.shape}] by [${right.type.shape}]`)
    const x = attributes.oneOf('transA', 0, 1) ? transpose(context, left, [1, 0]) : left
    const product = attributes.oneOf('transB', 0, 1)
      ? productOfRows(context, x, right)
      : matrixProduct(context, x, right)
    const alpha = attributes.float('alpha', 1)
    const beta = attributes.float('beta', 1)
    if (opset < 7) attributes.ignore('broadcast')
    const products = scaled(context, product, alpha)
    const bias = context.inputs[2]
    if (!bias) return products
    const sum = elementwise(context, call('add', a, b), products, scaled(context, bias, beta))
    if (elements(sum.type.shape) !== elements(products.type.shape))
      throw invalid(context, `adds C of shape [${bias.type.shape}] to [${products.type.shape}]`)
    return sum
  },
  MatMul: context => matrixMultiply(context, operand(context, 0), operand(context, 1)),
}

/** numpy's matmul: A[…,M,K] · B[…,K,N]; a vector is a row on the left and a column on the right, and leaves no axis. */
export function matrixMultiply(context: Context, left: Node, right: Node): Node {
  const [from, to] = [left.type.shape, right.type.shape]
  if (from.length === 0 || to.length === 0) throw invalid(context, 'multiplies a scalar')
  const rows = from.length === 1 ? reshape(context, left, [1, ...from]) : left
  const columns = to.length === 1 ? reshape(context, right, [...to, 1]) : right
  const product = matrixProduct(context, rows, columns)
  const [m, n] = product.type.shape.slice(-2) as [number, number]
  const kept = [...(from.length === 1 ? [] : [m]), ...(to.length === 1 ? [] : [n])]
  return reshape(context, product, [...product.type.shape.slice(0, -2), ...kept])
}

const scaled = (context: Context, x: Node, factor: number): Node =>
  factor === 1 ? x : elementwise(context, call('mul', a, number(factor)), x)
