import { diagnostics } from '../../ir/diagnostics.ts'
import { arg, call, type Expr } from '../../ir/expr.ts'
import { constant, type Node } from '../../ir/node.ts'
import { elements, type Shape, sameShape, type Tensor } from '../../ir/tensor.ts'
import type { Context } from './context.ts'

/** Integers of an input as i32, to compute with; anything else as it is. */
export function asComputed(context: Context, x: Node): Node {
  const { dtype } = x.type
  if (dtype !== 'i64' && dtype !== 'u8' && dtype !== 'i8') return x
  if (dtype === 'i64') context.warn(diagnostics.clampedTo32Bits(context.where))
  return context.make('map', [x], { expr: call('int', arg(0)) })
}

/** An elementwise op over operands of any rank: numpy's rule, with leading axes of size 1 written out. */
export function elementwise(context: Context, expr: Expr, ...operands: readonly Node[]): Node {
  const rank = Math.max(...operands.map(node => node.type.shape.length))
  return context.make(
    'map',
    operands.map(node => raise(context, node, rank)),
    { expr },
  )
}

/** The value with leading axes of size 1 up to this rank. */
export function raise(context: Context, x: Node, rank: number): Node {
  const missing = rank - x.type.shape.length
  return reshape(context, x, [...new Array<number>(Math.max(missing, 0)).fill(1), ...x.type.shape])
}

/** A vector over axis 1 (channels) of a value of this rank: [C] → [1,C,1,…]. */
export const alongChannels = (context: Context, vector: Node, rank: number): Node =>
  reshape(
    context,
    vector,
    Array.from({ length: rank }, (_, axis) => (axis === 1 ? elements(vector.type.shape) : 1)),
  )

export const reshape = (context: Context, x: Node, shape: Shape): Node =>
  sameShape(x.type.shape, shape) ? x : context.make('reshape', [x], { shape })

export const transpose = (context: Context, x: Node, perm: readonly number[]): Node =>
  sameShape(perm, [...x.type.shape.keys()]) ? x : context.make('transpose', [x], { perm })

/** Part of a value; all of it is the value itself. */
export function slice(
  context: Context,
  x: Node,
  starts: readonly number[],
  sizes: Shape,
  steps: readonly number[] = starts.map(() => 1),
): Node {
  const whole = sameShape(sizes, x.type.shape) && starts.every(start => start === 0) && steps.every(step => step === 1)
  return whole ? x : context.make('slice', [x], { starts, sizes, steps })
}

/** Part of one axis. */
export function sliceAxis(context: Context, x: Node, axis: number, start: number, size: number, step = 1): Node {
  const { shape } = x.type
  const at = (value: number, others: readonly number[]) => others.map((other, k) => (k === axis ? value : other))
  return slice(
    context,
    x,
    at(
      start,
      shape.map(() => 0),
    ),
    at(size, shape),
    at(
      step,
      shape.map(() => 1),
    ),
  )
}

/** Every slice of an axis `count` times in a row. */
export function repeatAxis(context: Context, x: Node, axis: number, count: number): Node {
  const { shape } = x.type
  const apart = reshape(context, x, shape.toSpliced(axis + 1, 0, 1))
  const repeated = concat(context, new Array<Node>(count).fill(apart), axis + 1)
  return reshape(context, repeated, shape.with(axis, shape[axis]! * count))
}

export const concat = (context: Context, parts: readonly Node[], axis: number): Node =>
  parts.length === 1 ? parts[0]! : context.make('concat', parts, { axis })

export const literal = (context: Context, value: Tensor): Node => constant(value, context.origin)

/** Images as the language has them, and back: NCHW ↔ NHWC. */
export const toChannelsLast = (context: Context, x: Node): Node => transpose(context, x, [0, 2, 3, 1])
export const toChannelsFirst = (context: Context, x: Node): Node => transpose(context, x, [0, 3, 1, 2])
