import { extrasOf } from '../ir/epilogue.ts'
import { type Expr, typeOf } from '../ir/expr.ts'
import { exprRange } from '../ir/expr-range.ts'
import { LARGEST_SUM } from '../ir/integer-sums.ts'
import type { Node } from '../ir/node.ts'
import { anything, between, exactly, type Range } from '../ir/range.ts'
import type { DType } from '../ir/tensor.ts'

/** Half of what 32 bits hold: bounds are rounded to f32 on their way. */
const SAFE = 2 ** 30

/**
 * Whether i32 arithmetic of an expression over these nodes, or the sum that it starts from, may leave 32 bits. The
 * language wraps there, as WASM and WGSL do; C has to be told.
 */
export function mayOverflow(
  node: Node,
  expr: Expr,
  accumulator: DType | undefined,
  operands: readonly Node[],
): boolean {
  const start = accumulator ? [accumulatorRange(node, accumulator)] : []
  const ranges = [...start, ...operands.map(rangeOf)]
  const types = [...(accumulator ? [accumulator] : []), ...operands.map(({ type }) => type.dtype)]
  const isAdded = node.op === 'reduce' && node.attrs.kind === 'sum' && accumulator === 'i32'
  return (isAdded && !isSafe(ranges[0]!)) || overflows(expr, ranges, types)
}

const isSafe = ({ low, high }: Range): boolean => low >= -SAFE && high <= SAFE

function overflows(expr: Expr, ranges: readonly Range[], types: readonly DType[]): boolean {
  if (!('args' in expr)) return false
  if (expr.args.some(part => overflows(part, ranges, types))) return true
  return typeOf(expr, types) === 'i32' && !isSafe(exprRange(expr, ranges, types)) && isArithmetic(expr)
}

const isArithmetic = ({ fn }: Expr): boolean =>
  fn === 'add' || fn === 'sub' || fn === 'mul' || fn === 'neg' || fn === 'abs'

/** What an op has before its epilogue. */
function accumulatorRange(node: Node, accumulator: DType): Range {
  if (accumulator !== 'i32') return anything
  if (node.op === 'binaryConv2d') {
    const [, kh, kw, channels] = node.operands[1].type.shape as [number, number, number, number]
    return between(-kh * kw * channels, kh * kw * channels)
  }
  if (node.op === 'integerConv2d') return between(-LARGEST_SUM, LARGEST_SUM)
  if (node.op === 'reduce' && node.attrs.kind === 'sum') {
    const { low, high } = rangeOf(node.operands[0])
    const count = node.attrs.axes.reduce((product, axis) => product * node.operands[0].type.shape[axis]!, 1)
    return between(Math.min(0, low * count), Math.max(0, high * count))
  }
  return node.op === 'reduce' || node.op === 'pool' ? rangeOf(node.operands[0]) : ofType('i32')
}

/** A constant's bounds; what a binary layer computes from constants; else everything that the type holds. */
function rangeOf(node: Node): Range {
  const { dtype } = node.type
  if (dtype !== 'i32') return ofType(dtype)
  if (node.op === 'constant') return boundsOf(node.attrs.value.values as Int32Array)
  if (node.op !== 'binaryConv2d') return ofType(dtype)
  const extras = extrasOf(node)
  const ranges = [
    accumulatorRange(node, 'i32'),
    ...extras.map(extra => (extra.op === 'constant' ? rangeOf(extra) : ofType(extra.type.dtype))),
  ]
  return exprRange(node.attrs.epilogue, ranges, ['i32', ...extras.map(({ type }) => type.dtype)])
}

const boundsOf = (values: Int32Array): Range =>
  values.length === 0
    ? exactly(0)
    : between(
        values.reduce((a, b) => Math.min(a, b)),
        values.reduce((a, b) => Math.max(a, b)),
      )

function ofType(dtype: DType): Range {
  if (dtype === 'bit') return exactly(0, 1)
  if (dtype === 'u8') return between(0, 255)
  return dtype === 'i32' ? between(-(2 ** 31), 2 ** 31 - 1) : anything
}
