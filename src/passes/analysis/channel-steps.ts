import { arg, argsOf, call, type Expr, number, REACHED, substitute } from '../../ir/expr.ts'
import { constant, create, type Node } from '../../ir/node.ts'
import { f32 } from '../../ir/tensor.ts'
import { type Doubt, twoPieces } from './step-function.ts'
import { fromBits } from './two-valued.ts'

/** More channels than are looked at one by one. */
const MOST_CHANNELS = 1 << 13

/**
 * A map of one value and of constants per channel (position along the last axis) that takes two values in each channel,
 * written as a sign, or 0 and 1, times a scale per channel: a BipolarQuant of many scales, Sign(x) · alpha. `doubts` are
 * the numbers, channel by channel, that count as one of two values although they have another.
 */
export function channelStep(
  node: Node<'map'>,
): { node: Node; x: Node; doubts: readonly (Doubt | undefined)[] } | undefined {
  const channels = node.type.shape.at(-1) ?? 1
  const used = argsOf(node.attrs.expr).filter(index => node.operands[index]!.op !== 'constant')
  const [index] = used
  if (index === undefined || used.length > 1 || channels > MOST_CHANNELS) return undefined
  const x = node.operands[index]!
  if (x.type.dtype !== 'f32' || !node.operands.every(operand => operand === x || isPerChannel(operand, channels)))
    return undefined
  // What is alike in all channels is a step, or none.
  if (node.operands.every(operand => operand === x || operand.type.shape.every(size => size === 1))) return undefined
  const steps = []
  for (let channel = 0; channel < channels; channel++) {
    const step = twoPieces(inChannel(node, x, channel))
    if (!step) return undefined
    steps.push(step)
  }
  const isSign = steps.every(({ first, last }) => first === -last)
  const isBit = steps.every(({ first }) => first === 0)
  if (!isSign && !isBit) return undefined
  const shape = node.type.shape.map((_, axis, { length }) => (axis === length - 1 ? channels : 1))
  const perChannel = (values: readonly number[]) => constant(f32(shape, values), node.origin)
  const reached = create('map', [x, perChannel(steps.map(({ at }) => at))], { expr: REACHED }, node.origin)
  const values = fromBits({ bits: reached, low: isSign ? -1 : 0, high: 1 })
  const scaled = create('map', [values, perChannel(steps.map(({ last }) => last))], { expr: SCALED }, node.origin)
  return { node: scaled, x, doubts: steps.map(({ doubt }) => doubt) }
}

const SCALED = call('mul', arg(0), arg(1))

const isPerChannel = ({ op, type: { dtype, shape } }: Node, channels: number): boolean =>
  op === 'constant' &&
  dtype === 'f32' &&
  shape.every((size, axis) => size === 1 || (axis === shape.length - 1 && size === channels))

/** The map's function of `x` in one channel. */
function inChannel({ operands, attrs }: Node<'map'>, x: Node, channel: number): Expr {
  return substitute(attrs.expr, index => {
    const operand = operands[index]!
    if (operand === x || operand.op !== 'constant') return arg(0)
    const { values } = operand.attrs.value
    return number(Number(values[values.length === 1 ? 0 : channel]))
  })
}
