import { diagnostics } from '../../ir/diagnostics.ts'
import { call } from '../../ir/expr.ts'
import { isConstant } from '../../ir/fold.ts'
import type { Node } from '../../ir/node.ts'
import { numbersOf } from '../../ir/tensor.ts'
import { alongChannels, elementwise, reshape } from './build.ts'
import { INT32, toFloat } from './cast.ts'
import { type Context, type Importer, operand } from './context.ts'
import { convolved } from './convolution.ts'
import { matrixMultiply } from './dense.ts'
import { a, b } from './expressions.ts'
import { centred, quantized, rescaling, typeOfZero } from './linear-quantization.ts'

type Op = 'QLinearConv' | 'QLinearMatMul' | 'ConvInteger' | 'MatMulInteger'

/**
 * Products of quantized values, whose sums are f32 here: exact up to 2²⁴, and warned of where they can be larger. A border
 * of zero points is one of zeros once they are subtracted.
 */
export const integerProducts: Record<Op, Importer> = {
  /** x, scale, zero point; weights, scale, zero point; scale and zero point of the result; bias in steps of the sums. */
  QLinearConv: context => {
    const weights = centred(context, 3, 5, 0)
    const bias = context.inputs[8]
    const sums = convolved(context, centred(context, 0, 2, 1), weights, bias && toFloat(context, bias))
    warnOfRounding(context, weights, filter => filter)
    const scale = rescaling(context, operand(context, 1), operand(context, 4), operand(context, 6))
    return requantized(context, sums, alignedTo(context, scale, sums), 7)
  },
  QLinearMatMul: context => {
    const weights = centred(context, 3, 5, -1)
    const sums = matrixMultiply(context, centred(context, 0, 2, -2), weights)
    warnOfRounding(context, weights, (_, column) => column)
    const scale = rescaling(context, operand(context, 1), operand(context, 4), operand(context, 6))
    return requantized(context, sums, scale, 7)
  },
  ConvInteger: context => {
    const weights = centred(context, 1, 3, 0)
    const sums = convolved(context, centred(context, 0, 2, 1), weights)
    warnOfRounding(context, weights, filter => filter)
    return asInt32(context, sums)
  },
  MatMulInteger: context => {
    const weights = centred(context, 1, 3, -1)
    const sums = matrixMultiply(context, centred(context, 0, 2, -2), weights)
    warnOfRounding(context, weights, (_, column) => column)
    return asInt32(context, sums)
  },
}

/** Arithmetic on the result wraps as int32 does. `toFloat` takes the sums themselves, so a layer stays one of floats. */
function asInt32(context: Context, sums: Node): Node {
  context.declare(sums, INT32)
  const result = elementwise(context, call('int', a), sums)
  context.declare(result, INT32)
  return result
}

/** One scale, or one for each channel. */
const alignedTo = (context: Context, scale: Node, x: Node): Node =>
  scale.type.shape.length === 1 && scale.type.shape[0] !== 1
    ? alongChannels(context, scale, x.type.shape.length)
    : reshape(context, scale, [])

function requantized(context: Context, sums: Node, scale: Node, pointIndex: number): Node {
  const steps = elementwise(context, call('mul', a, b), sums, scale)
  const point = reshape(context, toFloat(context, operand(context, pointIndex)), [])
  return quantized(context, steps, point, typeOfZero(context, pointIndex))
}

const LARGEST_BYTE = 255

/** Warns where sums of bytes times these weights can leave the whole numbers of f32. `sumOf` tells which sum a weight is in. */
function warnOfRounding(context: Context, weights: Node, sumOf: (first: number, last: number) => number): void {
  if (!isConstant(weights)) return
  const { shape } = weights.type
  const [first = 1, last = 1] = [shape[0], shape.at(-1)]
  const values = numbersOf(weights.attrs.value)
  const sums = new Float64Array(Math.max(first, last))
  values.forEach((value, k) => {
    sums[sumOf(Math.floor(k / (values.length / first)), k % last)]! += LARGEST_BYTE * Math.abs(value)
  })
  const largest = Math.max(...sums)
  if (largest > 2 ** 24) context.warn(diagnostics.roundedSums(context.where, largest))
}
