import { call, type Expr } from '../../ir/expr.ts'
import { isConstant } from '../../ir/fold.ts'
import type { Node } from '../../ir/node.ts'
import type { Reduction } from '../../ir/ops.ts'
import { i32 } from '../../ir/tensor.ts'
import { asComputed, elementwise, literal, reshape } from './build.ts'
import { axesOf, type Context, type Importer, integersFrom, operand, unsupported } from './context.ts'
import { a, asIs, b } from './expressions.ts'

type Op =
  | ('ReduceSum' | 'ReduceMean' | 'ReduceMax' | 'ReduceMin' | 'ReduceL1' | 'ReduceL2' | 'ReduceSumSquare')
  | ('ReduceLogSum' | 'ReduceLogSumExp' | 'ReduceProd')

/** `before` acts on every element, `after` on every result. */
const reduction =
  (kind: Reduction, before?: Expr, after?: Expr): Importer =>
  context =>
    reduced(context, (x, axes) => {
      const prepared = before ? elementwise(context, before, x) : x
      const result = context.make('reduce', [prepared], { kind, axes, epilogue: asIs })
      return after ? elementwise(context, after, result) : result
    })

export const reductions: Record<Op, Importer> = {
  ReduceSum: reduction('sum'),
  ReduceMean: reduction('mean'),
  ReduceMax: reduction('max'),
  ReduceMin: reduction('min'),
  ReduceL1: reduction('sum', call('abs', a)),
  ReduceL2: reduction('sum', call('mul', a, a), call('sqrt', a)),
  ReduceSumSquare: reduction('sum', call('mul', a, a)),
  ReduceLogSum: reduction('sum', undefined, call('log', a)),
  ReduceLogSumExp: context =>
    reduced(context, (x, axes) => {
      // Less the largest, which keeps the powers finite.
      const most = context.make('reduce', [x], { kind: 'max', axes, epilogue: asIs })
      const powers = elementwise(context, call('exp', call('sub', a, b)), x, most)
      const sum = context.make('reduce', [powers], { kind: 'sum', axes, epilogue: asIs })
      return elementwise(context, call('add', call('log', a), b), sum, most)
    }),
  /** Only of constant sizes, as exporters compute the length of a flattened axis. */
  ReduceProd: context =>
    reduced(context, (x, axes) => {
      const all = axes.length === x.type.shape.length
      if (!isConstant(x) || x.type.dtype !== 'i32' || !all)
        throw unsupported(context, 'multiplies activations', 'a product over all of a constant integer tensor')
      const product = (x.attrs.value.values as Int32Array).reduce((left, right) => left * right, 1)
      if (Math.abs(product) >= 2 ** 31) throw unsupported(context, `computes ${product}`, 'integers of 32 bits')
      return literal(
        context,
        i32(
          x.type.shape.map(() => 1),
          [product],
        ),
      )
    }),
}

const plain: readonly string[] = ['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceProd']

/** axes as attribute or input, keepdims, noop_with_empty_axes; `build` keeps the axes with size 1. */
function reduced(context: Context, build: (x: Node, axes: readonly number[]) => Node): Node {
  const x = asComputed(context, operand(context, 0))
  const { shape } = x.type
  const declared = integersFrom(context, 'axes', 1)
  const keeps = context.attributes.oneOf('keepdims', 1, 0) === 1
  const isNoop = context.attributes.oneOf('noop_with_empty_axes', 0, 1) === 1
  const none = declared === undefined || declared.length === 0
  if (none && isNoop) {
    // Whether squares and logarithms are still taken then is not agreed on.
    if (plain.includes(context.where.op ?? '')) return x
    throw unsupported(context, 'has noop_with_empty_axes=1 and no axes', 'explicit axes')
  }
  const axes = none ? [...shape.keys()] : axesOf(context, declared, shape.length)
  const result = build(x, axes)
  return keeps
    ? result
    : reshape(
        context,
        result,
        shape.filter((_, axis) => !axes.includes(axis)),
      )
}
