import { extrasOf, withEpilogue } from '../../ir/epilogue.ts'
import { arg, call, isArg, substitute } from '../../ir/expr.ts'
import { constant, create, type Node, origins } from '../../ir/node.ts'
import { slopeOf } from '../../ir/slope.ts'
import { elements, i32 } from '../../ir/tensor.ts'
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
)

/** +1 per channel where the epilogue rises with the sum, -1 where it falls; undefined where neither is known. */
function directionsOf(node: Node<'binaryConv2d'>, extras: readonly Node[]): number[] | undefined {
  const constants = constantExtras(extras, node.type.shape[3]!)
  if (!constants?.perChannel) return undefined
  const types = ['i32' as const, ...extras.map(extra => extra.type.dtype)]
  const args = [0]
  const most = elements(node.operands[1].type.shape) / node.type.shape[3]!
  const span = { low: -most, high: most }
  const slopes = Array.from({ length: constants.positions }, (_, channel) => {
    constants.fill(args, channel)
    return slopeOf(node.attrs.epilogue, args, types, span)
  })
  return slopes.includes('unknown') ? undefined : slopes.map(slope => (slope === 'falling' ? -1 : 1))
}
