import { evaluator } from '../../ir/expr.ts'
import type { Node } from '../../ir/node.ts'
import { create } from '../../ir/node.ts'
import type { Padding } from '../../ir/ops.ts'
import { type Shape, sameShape } from '../../ir/tensor.ts'
import { rewrites, rule } from '../rewrite.ts'

/**
 * A pad of zeros before a convolution or a mean is padding of that op: both add nothing. A pad before an elementwise f
 * goes behind it, f(v) around f(x), where it may meet one: a sign of zero padding is zero padding of signs. Exact.
 */
export const absorbPadding = rewrites(
  'absorb-padding',
  rule('map of a pad', 'map', ({ operands: [x, ...others], attrs: { expr }, type, origin }) => {
    if (x?.op !== 'pad' || others.length > 0 || (type.dtype !== 'f32' && type.dtype !== 'bit')) return undefined
    const value = evaluator(expr, [x.type.dtype])([x.attrs.value])
    if (!Number.isFinite(value)) return undefined
    // No kernel fills parts of words with ones, and which axis will be that of the words is not known yet.
    if (type.dtype === 'bit' && value === 1) return undefined
    return create('pad', [create('map', x.operands, { expr }, origin)], { ...x.attrs, value }, x.origin)
  }),
  rule('pad before a convolution', 'conv2d', ({ operands: [x, weights, ...extras], attrs, origin }) => {
    const found = spatialZeros(x)
    if (!found) return undefined
    const padding = sum(attrs.padding, found.padding)
    return create('conv2d', [found.image, weights, ...extras], { ...attrs, padding }, origin)
  }),
  rule('pad before a mean', 'pool', ({ operands: [x, ...extras], attrs, origin }) => {
    const found = attrs.kind === 'mean' ? spatialZeros(x) : undefined
    if (!found) return undefined
    // The added zeros are part of what the mean divides by; padding of its own that was not counted is outside them.
    const uncounted = attrs.padding.some((size, side) => size !== attrs.counted[side])
    if (uncounted && attrs.padding.some(size => size > 0)) return undefined
    const padding = sum(attrs.padding, found.padding)
    return create('pool', [found.image, ...extras], { ...attrs, padding, counted: padding }, origin)
  }),
)

const sum = (a: Padding, b: Padding): Padding => [a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]]

/** The image and its border, if the node pads rows and columns of an NHWC image with 0, moved at most. */
function spatialZeros(node: Node): { image: Node; padding: Padding } | undefined {
  const found = zerosAround(node)
  if (!found || node.type.shape.length !== 4) return undefined
  const { image, before, after } = found
  if ([before[0], before[3], after[0], after[3]].some(size => size !== 0)) return undefined
  return { image, padding: [before[1]!, before[2]!, after[1]!, after[2]!] }
}

interface Padded {
  readonly image: Node
  readonly before: readonly number[]
  readonly after: readonly number[]
}

/** A pad of zeros under transposes, and under reshapes that add or drop axes of size 1: an image of one row, say. */
function zerosAround(node: Node): Padded | undefined {
  if (node.op === 'pad') {
    const { value, before, after } = node.attrs
    return value === 0 && node.type.dtype === 'f32' ? { image: node.operands[0], before, after } : undefined
  }
  if (node.op !== 'transpose' && node.op !== 'reshape') return undefined
  const inner = zerosAround(node.operands[0])
  if (!inner) return undefined
  if (node.op === 'transpose') {
    const moved = (amounts: readonly number[]) => node.attrs.perm.map(axis => amounts[axis]!)
    return {
      image: create('transpose', [inner.image], node.attrs, node.origin),
      before: moved(inner.before),
      after: moved(inner.after),
    }
  }
  const [from, to] = [node.operands[0].type.shape, node.type.shape]
  const real = (shape: Shape) => [...shape.keys()].filter(axis => shape[axis] !== 1)
  const [old, now] = [real(from), real(to)]
  const sizes = (axes: readonly number[], shape: Shape) => axes.map(axis => shape[axis]!)
  if (!sameShape(sizes(old, from), sizes(now, to))) return undefined
  const placed = (amounts: readonly number[]) => to.map((_, axis) => amounts[old[now.indexOf(axis)]!] ?? 0)
  const [before, after] = [placed(inner.before), placed(inner.after)]
  const shape = to.map((size, axis) => size - before[axis]! - after[axis]!)
  return { image: create('reshape', [inner.image], { shape }, node.origin), before, after }
}
