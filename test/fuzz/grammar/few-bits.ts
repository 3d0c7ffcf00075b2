import { type Builder, fill, type Kind } from '../builder.ts'
import type { Choices } from '../choices.ts'
import type { Value } from '../network.ts'

/** Weights of 1 to 4 bits, by how many. */
const kinds: readonly Kind[] = ['scaled signs', 'ternary', '2 bits', '3 bits', '4 bits']

export const fewBitKind = (c: Choices): Kind => kinds[c.pick(kinds.length)]!

/**
 * A value as 1 to 4 bits, signed or not, in the operators that exporters write a quantiser in: scaled, rounded, limited and
 * scaled back, mostly by powers of two, sometimes with a scale or a shift per channel before.
 */
export function quantised(b: Builder, c: Choices, x: Value): Value {
  const literal = (value: number) => b.constant(c, { type: 'float', shape: [], values: [value] })
  const bits = 1 + c.pick(4)
  const scale = c.oneOf(1, 0.5, 2, 0.25)
  const isSigned = c.pick(2) === 1
  const [least, most] = isSigned ? [-(2 ** (bits - 1)) + c.pick(2), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1]
  const perChannel = x.shape.map((size, axis) => (axis === 1 ? size : 1))
  const shifted = c.once(3)
    ? b.add('Add', [x, b.constant(c, { type: 'float', shape: perChannel, values: fill(c, perChannel, 'dyadic') })], x)
    : x
  const scaled = b.add('Mul', [shifted, literal(1 / scale)], x)
  const rounded = (value: Value) =>
    b.add(b.opset >= 11 ? c.oneOf('Round', 'Floor') : c.oneOf('Floor', 'Ceil'), [value], x)
  const limited = (value: Value) => b.add('Min', [b.add('Max', [value, literal(least)], x), literal(most)], x)
  const whole = c.pick(2) ? limited(rounded(scaled)) : rounded(limited(scaled))
  return b.add('Mul', [whole, literal(scale)], x)
}
