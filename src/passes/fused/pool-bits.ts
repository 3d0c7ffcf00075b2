import { arg, call, type Expr, isArg } from '../../ir/expr.ts'
import { constant, create, type Node, origins } from '../../ir/node.ts'
import { slopeOf } from '../../ir/slope.ts'
import { bits } from '../../ir/tensor.ts'
import { constantExtras } from '../analysis/constant-extras.ts'
import { slopeOfFloats } from '../analysis/switch-point.ts'
import { rewrites, rule } from '../rewrite.ts'

/**
 * A maximum between a sum and its sign moves behind the sign, onto bits. With g the chain from the pool to the sign,
 *   g rises:  g(max x) = max g(x), the OR of the bits;
 *   g falls:  g(max x) = min g(x), their AND, which is NOT OR NOT: flip the bits, OR them, flip the result.
 * Rising and falling channels share one pool: a constant says which bits are flipped. Padding never wins a maximum,
 * and adds nothing to an OR. Exact.
 */
export const poolBits = rewrites(
  'pool-bits',
  rule('sign of a maximum', 'map', (node, { soleUse }) => {
    const at = node.operands.findIndex(operand => operand.op === 'pool')
    const pool = node.operands[at]
    if (pool?.op !== 'pool' || node.type.dtype !== 'bit' || !soleUse(pool)) return undefined
    const [x, ...extras] = pool.operands
    if (pool.attrs.kind !== 'max' || extras.length > 0 || !isArg(pool.attrs.epilogue, 0)) return undefined
    if (x.type.dtype === 'bit') return undefined
    const others = node.operands.filter(operand => operand !== pool)
    const flipped = fallingChannels(node, at, others)
    if (!flipped) return undefined
    const origin = origins(pool, node)
    const condition = create(
      'map',
      [...node.operands.slice(0, at), x, ...node.operands.slice(at + 1)],
      node.attrs,
      node.origin,
    )
    if (!flipped.includes(1)) return create('pool', [condition], pool.attrs, origin)
    const mask = constant(bits([1, 1, 1, flipped.length], flipped), origin)
    const flip = (value: Node) => create('map', [value, mask], { expr: call('xor', arg(0), arg(1)) }, origin)
    return flip(create('pool', [flip(condition)], pool.attrs, origin))
  }),
)

const ALL_I32 = { low: -(2 ** 31), high: 2 ** 31 - 1 }

/** 1 for channels where the condition falls with operand `at`; undefined where it is not known to rise or fall. */
function fallingChannels(node: Node<'map'>, at: number, others: readonly Node[]): Uint8Array | undefined {
  const channels = node.type.shape[3]!
  const extras = constantExtras(others, channels)
  if (!extras?.perChannel) return undefined
  const types = [node.operands[at]!.type.dtype, ...others.map(other => other.type.dtype)]
  const expr = poolFirst(node.attrs.expr, at)
  const flipped = new Uint8Array(channels)
  const args = [0]
  for (let channel = 0; channel < channels; channel++) {
    extras.fill(args, channel)
    const slope = types[0] === 'f32' ? slopeOfFloats(expr, args, types).slope : slopeOf(expr, args, types, ALL_I32)
    if (slope === 'unknown') return undefined
    flipped[channel] = slope === 'falling' ? 1 : 0
  }
  return flipped
}

/** The expression with operand `at` as argument 0 and the others, in order, behind it. */
function poolFirst(expr: Expr, at: number): Expr {
  if (expr.fn === 'arg') return arg(expr.index === at ? 0 : expr.index < at ? expr.index + 1 : expr.index)
  return 'args' in expr ? { fn: expr.fn, args: expr.args.map(part => poolFirst(part, at)) } : expr
}
