import { extrasOf } from './epilogue.ts'
import type { Expr } from './expr.ts'
import { exprRange } from './expr-range.ts'
import { LARGEST_SUM } from './integer-sums.ts'
import type { Node } from './node.ts'
import { anything, between, exactly, type Range, union } from './range.ts'
import type { DType } from './tensor.ts'

/** What an op has before its epilogue. */
export function accumulatorRange(node: Node, accumulator: DType): Range {
  if (accumulator !== 'i32') return anything
  if (node.op === 'binaryConv2d') {
    const [, kh, kw, channels] = node.operands[1].type.shape as [number, number, number, number]
    return between(-kh * kw * channels, kh * kw * channels)
  }
  if (node.op === 'integerConv2d') return between(-LARGEST_SUM, LARGEST_SUM)
  if (node.op === 'reduce' && node.attrs.kind === 'sum') {
    const { low, high } = integerRange(node.operands[0])
    const count = node.attrs.axes.reduce((product, axis) => product * node.operands[0].type.shape[axis]!, 1)
    return between(Math.min(0, low * count), Math.max(0, high * count))
  }
  return node.op === 'reduce' || node.op === 'pool' ? integerRange(node.operands[0]) : ofType('i32')
}

const known = new WeakMap<Node, Range>()

/** What whole numbers a value can hold: bounds of constants and of what is computed from sums of bits, else its type's. */
export function integerRange(node: Node): Range {
  const found = known.get(node) ?? rangeOf(node)
  known.set(node, found)
  return found
}

function rangeOf(node: Node): Range {
  const { dtype } = node.type
  if (dtype !== 'i32') return ofType(dtype)
  const through = (expr: Expr, accumulator: readonly Range[], operands: readonly Node[]) =>
    exprRange(
      expr,
      [...accumulator, ...operands.map(integerRange)],
      [...accumulator.map(() => 'i32' as const), ...operands.map(({ type }) => type.dtype)],
    )
  switch (node.op) {
    case 'constant':
      return boundsOf(node.attrs.value.values as Int32Array)
    case 'map':
      return through(node.attrs.expr, [], node.operands)
    case 'binaryConv2d':
      return through(node.attrs.epilogue, [accumulatorRange(node, 'i32')], extrasOf(node))
    case 'pad':
      return union(integerRange(node.operands[0]), exactly(node.attrs.value))
    case 'reshape':
    case 'transpose':
    case 'slice':
      return integerRange(node.operands[0])
    case 'pool':
      return node.operands[0].type.dtype === 'i32'
        ? through(node.attrs.epilogue, [integerRange(node.operands[0])], extrasOf(node))
        : ofType(dtype)
    default:
      return ofType(dtype)
  }
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
