import type { Shape } from '../../../src/ir/tensor.ts'
import type { Builder } from '../builder.ts'
import type { Choices } from '../choices.ts'
import type { Type } from '../network.ts'
import { broadcast } from './broadcast.ts'
import { beside, binary, condition, numbers, truth, types } from './elementwise.ts'
import { type Rules, rule } from './rule.ts'

/** Comparisons and what is made of them. */
export const logic = {
  Greater: binary('Greater', truth, numbers, 9),
  GreaterOrEqual: binary('GreaterOrEqual', truth, numbers, 12),
  Less: binary('Less', truth, numbers, 9),
  LessOrEqual: binary('LessOrEqual', truth, numbers, 12),
  Equal: binary('Equal', truth, ['float', 'int32', 'bool'], 11),
  And: binary('And', truth, ['bool']),
  Or: binary('Or', truth, ['bool']),
  Xor: binary('Xor', truth, ['bool']),
  Not: rule((b, c) => {
    const x = condition(b, c)
    b.add('Not', [x], x)
  }),
  /** Two values, or two constants: the way of exporters to write a sign. */
  Where: rule(
    (b, c) => {
      const x = condition(b, c)
      const type = types(c, 'float', 'float', 'int32')
      const like = { name: '', type, shape: x.shape }
      const [yes, no] = c.pick(2)
        ? [scalar(b, c, type, 1), scalar(b, c, type, -1)]
        : [beside(b, c, like), beside(b, c, like)]
      b.add('Where', [x.name, yes.name, no.name], { type, shape: broadcast(x.shape, yes.shape, no.shape) })
    },
    9,
    4,
  ),
} satisfies Rules

const scalar = (b: Builder, c: Choices, type: Type, value: number) => ({
  name: b.constant(c, { type, shape: [], values: [value] }),
  shape: [] as Shape,
})
