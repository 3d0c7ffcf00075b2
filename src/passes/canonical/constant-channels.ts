import { arg, call, isArg } from '../../ir/expr.ts'
import { constant, create, type Node } from '../../ir/node.ts'
import { allocate, elements, type Tensor } from '../../ir/tensor.ts'
import { rewrites, rule } from '../rewrite.ts'

/**
 * Channels of an image that are constant need no layer: zeros add nothing, and what other constants add is computed
 * here. What is left may be bits, which a channel of zeros beside them would not be. Exact for zeros; else the sum of
 * constants is added in one step.
 */
export const constantChannels = rewrites(
  'constant-channels',
  rule('channels of zeros before a convolution', 'conv2d', ({ operands: [x, weights, ...extras], attrs, origin }) => {
    if (x.op !== 'pad' || attrs.groups !== 1 || x.attrs.value !== 0 || x.type.dtype !== 'f32') return undefined
    const { before, after } = x.attrs
    if (before[3] === 0 && after[3] === 0) return undefined
    const spatial = (amounts: readonly number[]) => amounts.map((amount, axis) => (axis === 3 ? 0 : amount))
    const border = { value: 0, before: spatial(before), after: spatial(after) }
    const isPadded = [...border.before, ...border.after].some(amount => amount !== 0)
    const image = isPadded ? create('pad', x.operands, border, x.origin) : x.operands[0]
    const used = channelsOf(weights, before[3]!, x.operands[0].type.shape[3]!)
    return create('conv2d', [image, used, ...extras], attrs, origin)
  }),
  rule('constant channels before a convolution', 'conv2d', ({ operands: [x, weights, ...extras], attrs, origin }) => {
    const isPad = x.op === 'pad' && x.type.dtype === 'f32' && Number.isFinite(x.attrs.value)
    const parts = isPad ? constantsAround(x) : x.op === 'concat' ? x.operands : []
    if ((x.op === 'concat' && x.attrs.axis !== 3) || attrs.groups !== 1) return undefined
    if (extras.length > 0 || !isArg(attrs.epilogue, 0)) return undefined
    const isFixed = (part: Node) => part.op === 'constant'
    if (!parts.some(isFixed) || parts.every(isFixed)) return undefined
    const starts = parts.map((_, k) => parts.slice(0, k).reduce((sum, part) => sum + part.type.shape[3]!, 0))
    const layerOf = (chosen: (part: Node) => boolean): Node => {
      const own = parts.filter(chosen)
      const image = own.length === 1 ? own[0]! : create('concat', own, { axis: 3 }, x.origin)
      const slices = parts.flatMap((part, k) =>
        chosen(part) ? [channelsOf(weights, starts[k]!, part.type.shape[3]!)] : [],
      )
      const used = slices.length === 1 ? slices[0]! : create('concat', slices, { axis: 3 }, weights.origin)
      return create('conv2d', [image, used], attrs, origin)
    }
    const sums = [layerOf(part => !isFixed(part)), layerOf(isFixed)]
    return create('map', sums, { expr: call('add', arg(0), arg(1)) }, origin)
  }),
)

/** Input channels of weights [O,kh,kw,I]. */
function channelsOf(weights: Node, start: number, count: number): Node {
  const sizes = weights.type.shape.with(3, count)
  return create('slice', [weights], { starts: [0, 0, 0, start], sizes, steps: [1, 1, 1, 1] }, weights.origin)
}

/** A pad of the channels alone, as the parts of a concat. */
function constantsAround({ operands: [x], attrs: { before, after, value }, origin }: Node<'pad'>): Node[] {
  if ([...before.slice(0, 3), ...after.slice(0, 3)].some(amount => amount !== 0)) return []
  const filled = (count: number): Node[] => {
    const shape = x.type.shape.with(3, count)
    const values = allocate('f32', elements(shape)) as Float32Array
    const tensor: Tensor = { dtype: 'f32', shape, values: values.fill(value) }
    return count > 0 ? [constant(tensor, origin)] : []
  }
  return [...filled(before[3]!), x, ...filled(after[3]!)]
}
