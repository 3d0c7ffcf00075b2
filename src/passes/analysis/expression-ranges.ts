import type { Expr } from '../../ir/expr.ts'
import { exprRange } from '../../ir/expr-range.ts'
import type { Node } from '../../ir/node.ts'
import { exactly, type Range, unionOf } from '../../ir/range.ts'
import { broadcastStrides, type DType, elements, indicesOf, numbersOf, type Tensor } from '../../ir/tensor.ts'

/** One range for all of a value, or one per channel (position along its last axis). */
export type Ranges = readonly Range[]

/** An argument of an expression. */
export interface Argument {
  readonly type: DType
  readonly ranges: Ranges
  readonly constant?: Tensor
}

export const argumentOf = (node: Node, ranges: Ranges): Argument => ({
  type: node.type.dtype,
  ranges,
  ...(node.op === 'constant' ? { constant: node.attrs.value } : {}),
})

/** Most channels, and most positions of constants, that are told apart. */
export const MOST_CHANNELS = 1 << 14

/**
 * What an expression can be: for every channel, or, where constants differ along other axes (a batch normalisation of
 * [1, C, L]), for every combination of values that they have together.
 */
export function expressionRanges(
  expr: Expr,
  args: readonly Argument[],
): { readonly found: Ranges; readonly areChannels: boolean } {
  const types = args.map(({ type }) => type)
  const combined = combinations(args)
  if (combined) return { found: combined.map(row => exprRange(expr, row, types)), areChannels: false }
  const channels = Math.max(...args.map(({ ranges }) => ranges.length))
  const found = Array.from({ length: channels }, (_, channel) =>
    exprRange(
      expr,
      args.map(({ ranges }) => ranges[ranges.length === 1 ? 0 : channel]!),
      types,
    ),
  )
  return { found, areChannels: true }
}

function combinations(args: readonly Argument[]): Range[][] | undefined {
  const constants = args.map(({ constant }) => constant)
  const isSpread = constants.some((value, k) => value && value.values.length > 1 && args[k]!.ranges.length === 1)
  if (!isSpread) return undefined
  const shapes = constants.flatMap(value => (value ? [value.shape] : []))
  const shape = shapes[0]!.map((_, axis) => Math.max(...shapes.map(sizes => sizes[axis]!)))
  if (shapes.some(({ length }) => length !== shape.length) || elements(shape) > MOST_CHANNELS) return undefined
  const columns = constants.map(value => {
    if (!value) return undefined
    const numbers = numbersOf(value)
    return Array.from(indicesOf(shape, broadcastStrides(value.shape, shape)), index => numbers[index]!)
  })
  const whole = args.map(({ ranges }) => unionOf(ranges))
  const distinct = new Map<string, Range[]>()
  for (let position = 0; position < elements(shape); position++) {
    const key = columns.map(column => column?.[position]).join()
    if (distinct.has(key)) continue
    distinct.set(
      key,
      columns.map((column, k) => (column ? exactly(column[position]!) : whole[k]!)),
    )
  }
  return [...distinct.values()]
}
