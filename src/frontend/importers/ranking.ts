import { arg, call, type Expr, number } from '../../ir/expr.ts'
import type { Node } from '../../ir/node.ts'
import { i32 } from '../../ir/tensor.ts'
import { asComputed, concat, elementwise, literal, reshape } from './build.ts'
import { axisOf, type Context, type Importer, invalid, operand, scalarOf, unsupported } from './context.ts'
import { a, asIs, b, c } from './expressions.ts'

/** More results take so many passes over the values that a sort is wanted, which belongs behind the network. */
const mostRanks = 64

/**
 * Where the largest and smallest values are. No op of their own: these are the last nodes of a network, over a few values
 * for each sample, and three passes over them (the best, positions where it is, the first of these) cost next to nothing.
 */
export const rankings: Record<'ArgMax' | 'ArgMin' | 'TopK', Importer> = {
  ArgMax: context => position(context, 'max'),
  ArgMin: context => position(context, 'min'),
  /** The k best values along an axis, in order, and where they are; of equal ones the first is better. */
  TopK: context => {
    const x = asComputed(context, operand(context, 0))
    const { attributes, opset } = context
    const k = opset < 10 ? attributes.int('k') : scalarOf(context, 1, 'number of results')
    const axis = axisOf(context, attributes.int('axis', -1), x.type.shape.length)
    const kind = attributes.oneOf('largest', 1, 0) === 1 ? 'max' : 'min'
    // Any order is allowed without it, so this one is.
    attributes.ignore('sorted')
    if (!(k >= 1 && k <= x.type.shape[axis]!)) throw invalid(context, `wants ${k} of ${x.type.shape[axis]} values`)
    if (k > mostRanks)
      throw unsupported(
        context,
        `wants the best ${k} values`,
        `up to ${mostRanks}`,
        'Cut the model before it and sort.',
      )
    const found: Ranked[] = []
    while (found.length < k) found.push(nextBest(context, x, axis, kind, found.at(-1)))
    return [
      concat(
        context,
        found.map(({ value }) => value),
        axis,
      ),
      concat(
        context,
        found.map(({ index }) => index),
        axis,
      ),
    ]
  },
}

type Kind = 'max' | 'min'

interface Ranked {
  readonly value: Node
  readonly index: Node
}

/** Positions along an axis as integers, and the position that stands for no position: it loses against any other. */
function positions(context: Context, x: Node, axis: number, none: number): readonly [Node, Node] {
  const size = x.type.shape[axis]!
  const shape = x.type.shape.map((_, k) => (k === axis ? size : 1))
  return [literal(context, i32(shape, [...Array(size).keys()])), literal(context, i32([], [none]))]
}

function position(context: Context, kind: Kind): Node {
  const x = asComputed(context, operand(context, 0))
  const { attributes } = context
  const { shape } = x.type
  const axis = axisOf(context, attributes.int('axis', 0), shape.length)
  const keeps = attributes.oneOf('keepdims', 1, 0) === 1
  const takesLast = attributes.oneOf('select_last_index', 0, 1) === 1
  const best = context.make('reduce', [x], { kind, axes: [axis], epilogue: asIs })
  const [all, none] = positions(context, x, axis, takesLast ? 0 : shape[axis]! - 1)
  const where = elementwise(context, call('select', call('eq', a, b), c, arg(3)), x, best, all, none)
  const found = context.make('reduce', [where], { kind: takesLast ? 'max' : 'min', axes: [axis], epilogue: asIs })
  return keeps ? found : reshape(context, found, shape.toSpliced(axis, 1))
}

/** The best value that comes after another one, or the best of all, and its first position. */
function nextBest(context: Context, x: Node, axis: number, kind: Kind, last: Ranked | undefined): Ranked {
  const [all, none] = positions(context, x, axis, x.type.shape[axis]! - 1)
  const worst = x.type.dtype === 'f32' ? number(kind === 'max' ? -Infinity : Infinity) : arg(5)
  const extreme = literal(context, i32([], [kind === 'max' ? -(2 ** 31) : 2 ** 31 - 1]))
  // Arguments of both expressions: x, the last value and its position, positions, none or the best value, the worst.
  const [before, at, place] = [b, c, arg(3)]
  const worse = kind === 'max' ? call('gt', before, a) : call('gt', a, before)
  const follows = call('or', worse, call('and', call('eq', a, before), call('gt', place, at)))
  const choose = (expr: Expr, ...others: readonly Node[]) =>
    elementwise(context, expr, x, last?.value ?? x, last?.index ?? none, all, ...others)
  const left = last ? choose(call('select', follows, a, worst), none, extreme) : x
  const value = context.make('reduce', [left], { kind, axes: [axis], epilogue: asIs })
  const isBest = call('eq', a, arg(4))
  const isNext = last ? call('and', follows, isBest) : isBest
  const where = choose(call('select', isNext, place, arg(5)), value, none)
  return { value, index: context.make('reduce', [where], { kind: 'min', axes: [axis], epilogue: asIs }) }
}
