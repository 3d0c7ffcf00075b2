import { type Builder, require } from '../builder.ts'
import type { Choices } from '../choices.ts'
import { listed } from './movement.ts'
import { type Rule, type Rules, rule } from './rule.ts'

/** Over some axes, all or none named; axes became an operand with opset 13 (sums) and 18. */
const reduction = (op: string, weight = 2, integers = false): Rule =>
  rule(
    (b, c) => {
      const found = b.values.find(({ type }) => type === 'int32')
      const x = integers && found && c.once(4) ? found : b.float(c)
      const rank = x.shape.length
      require(rank > 0)
      const form = c.pick(5)
      // Spatial axes, as global pooling; the channels, as K maps; any; all, said or not.
      const some = form === 0 && rank > 2 ? [...x.shape.keys()].slice(2) : form === 1 && rank > 1 ? [1] : anyOf(c, rank)
      const axes = form === 4 ? [...x.shape.keys()] : some
      const keepdims = c.pick(3) ? 1 : 0
      const shape = x.shape.flatMap((size, axis) => (axes.includes(axis) ? (keepdims ? [1] : []) : [size]))
      const list =
        form === 4
          ? { attrs: {}, operands: [] }
          : listed(b, c, 'axes', negative(b, c, axes, rank), op === 'ReduceSum' ? 13 : 18)
      const keep = keepdims && c.pick(2) ? {} : { keepdims }
      b.add(op, [x, ...list.operands], { type: x.type, shape }, { ...list.attrs, ...keep })
    },
    6,
    weight,
  )

function anyOf(c: Choices, rank: number): number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis).filter(() => c.pick(2) === 0)
  return axes.length > 0 ? axes : [0]
}

const negative = (b: Builder, c: Choices, axes: readonly number[], rank: number): readonly number[] =>
  b.opset >= 11 && c.once(4) ? axes.map(axis => axis - rank) : axes

export const reductions = {
  ReduceSum: reduction('ReduceSum', 3, true),
  ReduceMean: reduction('ReduceMean', 3),
  ReduceMax: reduction('ReduceMax', 3, true),
  ReduceMin: reduction('ReduceMin', 2, true),
  ReduceL1: reduction('ReduceL1', 1),
  ReduceL2: reduction('ReduceL2', 1),
  ReduceSumSquare: reduction('ReduceSumSquare', 1),
  ReduceLogSum: reduction('ReduceLogSum', 1),
  ReduceLogSumExp: reduction('ReduceLogSumExp', 1),
} satisfies Rules
