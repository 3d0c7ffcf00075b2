import { extrasOf, withEpilogue } from '../../ir/epilogue.ts'
import { arg, call, type Expr, isArg, substitute } from '../../ir/expr.ts'
import { integerRange } from '../../ir/integer-range.ts'
import { constant, create, type Node, origins } from '../../ir/node.ts'
import { type Span, slopeOf } from '../../ir/slope.ts'
import { elements, i32, sameShape } from '../../ir/tensor.ts'
import { constantExtras } from '../analysis/constant-extras.ts'
import { rewrites, rule } from '../rewrite.ts'

/**
 * max f(sum) = f(max sum) where f rises: the maximum is taken over integer sums and f is computed once per channel and
 * window instead of once per position. Where f falls the filter's sums are negated first: f(-max(-sum)). Exact.
 */
export const hoistMaximum = rewrites(
  'hoist-maximum',
  rule('maximum of rising functions of sums', 'pool', (pool, { soleUse }) => {
    const [x, ...poolExtras] = pool.operands
    if (pool.attrs.kind !== 'max' || !isArg(pool.attrs.epilogue, 0) || poolExtras.length > 0) return undefined
    if (x.op !== 'binaryConv2d' || x.type.dtype !== 'f32' || !soleUse(x) || isArg(x.attrs.epilogue, 0)) return undefined
    const extras = extrasOf(x)
    const directions = directionsOf(x, extras)
    if (!directions) return undefined
    const origin = origins(x, pool)
    const sums = withEpilogue(x, [], arg(0))
    if (!directions.includes(-1))
      return withEpilogue(create('pool', [sums], pool.attrs, pool.origin), extras, x.attrs.epilogue, origin)
    const turn = constant(i32([1, 1, 1, directions.length], directions), origin)
    const turned = withEpilogue(x, [turn], call('mul', arg(0), arg(1)))
    const last = arg(extras.length + 1)
    const epilogue = substitute(x.attrs.epilogue, index => (index === 0 ? call('mul', arg(0), last) : arg(index)))
    return withEpilogue(create('pool', [turned], pool.attrs, pool.origin), [...extras, turn], epilogue, origin)
  }),
  rule('maximum of rising functions of sums of planes', 'pool', (pool, { soleUse }) => {
    const [x, ...poolExtras] = pool.operands
    if (pool.attrs.kind !== 'max' || !isArg(pool.attrs.epilogue, 0) || poolExtras.length > 0) return undefined
    if (x.op !== 'map' || x.type.dtype !== 'f32' || !soleUse(x)) return undefined
    const [sum, ...others] = x.operands.filter(({ op }) => op !== 'constant')
    if (sum?.type.dtype !== 'i32' || others.length > 0 || !sameShape(sum.type.shape, x.type.shape)) return undefined
    const extras = x.operands.filter(({ op }) => op === 'constant')
    const chain = substitute(x.attrs.expr, index => {
      const operand = x.operands[index]!
      return arg(operand === sum ? 0 : 1 + extras.indexOf(operand))
    })
    const { low, high } = integerRange(sum)
    const directions = slopesOf(chain, extras, x.type.shape[3]!, { low, high })
    if (!directions) return undefined
    const origin = origins(x, pool)
    const turn = constant(i32([1, 1, 1, directions.length], directions), origin)
    const turning = call('mul', arg(0), arg(1))
    if (!directions.includes(-1))
      return create('map', [create('pool', [sum], pool.attrs, pool.origin), ...extras], { expr: chain }, origin)
    const turned = create('map', [sum, turn], { expr: turning }, origin)
    const pooled = create('pool', [turned], pool.attrs, pool.origin)
    const last = arg(extras.length + 1)
    const expr = substitute(chain, index => (index === 0 ? call('mul', arg(0), last) : arg(index)))
    return create('map', [pooled, ...extras, turn], { expr }, origin)
  }),
)

/** +1 per channel where the epilogue rises with the sum, -1 where it falls; undefined where neither is known. */
function directionsOf(node: Node<'binaryConv2d'>, extras: readonly Node[]): number[] | undefined {
  const most = elements(node.operands[1].type.shape) / node.type.shape[3]!
  return slopesOf(node.attrs.epilogue, extras, node.type.shape[3]!, { low: -most, high: most })
}

/** The same for a chain over an integer (argument 0) and constants. */
function slopesOf(chain: Expr, extras: readonly Node[], channels: number, span: Span): number[] | undefined {
  const constants = constantExtras(extras, channels)
  if (!constants?.perChannel) return undefined
  const types = ['i32' as const, ...extras.map(extra => extra.type.dtype)]
  const args = [0]
  const slopes = Array.from({ length: constants.positions }, (_, channel) => {
    constants.fill(args, channel)
    return slopeOf(chain, args, types, span)
  })
  return slopes.includes('unknown') ? undefined : slopes.map(slope => (slope === 'falling' ? -1 : 1))
}
