import { CompileError } from '../../ir/diagnostic.ts'
import { diagnostics } from '../../ir/diagnostics.ts'
import type { Node } from '../../ir/node.ts'
import type { Padding, Pair, Window } from '../../ir/ops.ts'
import { reshape } from './build.ts'
import { type Context, invalid, unsupported } from './context.ts'

/** Sizes beyond this are damage, not windows. */
export const largestWindow = 2 ** 24

/** A sliding window as the node describes it, for images of height 1 where the node has one spatial axis. */
export interface ReadWindow extends Window {
  /** The padding without what ceil_mode adds at the end. */
  readonly declared: Padding
}

/**
 * strides, dilations, pads, auto_pad and ceil_mode of a convolution or pooling over an image of this size. With
 * ceil_mode the padding grows at the end until the last window that starts inside fits.
 */
export function readWindow(context: Context, image: Pair, kernel: Pair, spatial: number): ReadWindow {
  const stride = readPair(context, 'strides', spatial)
  const dilation = readPair(context, 'dilations', spatial)
  const ceil = context.attributes.has('ceil_mode') && context.attributes.oneOf('ceil_mode', 0, 1) === 1
  const span: Pair = [(kernel[0] - 1) * dilation[0] + 1, (kernel[1] - 1) * dilation[1] + 1]
  const declared = readPadding(context, image, span, stride, spatial, ceil)
  const grown = (axis: 0 | 1): number =>
    ceil ? ceilPadding(image[axis], span[axis], stride[axis], declared[axis], declared[axis + 2]!) : declared[axis + 2]!
  const padding: Padding = [declared[0], declared[1], grown(0), grown(1)]
  for (const axis of [0, 1] as const)
    if (image[axis] + padding[axis] + padding[axis + 2]! < span[axis])
      throw invalid(context, `slides a window of ${span[axis]} over an axis of ${image[axis]}`)
  return { stride, dilation, padding, declared }
}

/** Spatial values as images: [N,C,L] becomes [N,C,1,L]. Refuses other ranks than 3 and 4. */
export function toImage(context: Context, x: Node): { readonly image: Node; readonly spatial: 1 | 2 } {
  const { shape } = x.type
  if (shape.length === 4) return { image: x, spatial: 2 }
  if (shape.length === 3) return { image: reshape(context, x, [shape[0]!, shape[1]!, 1, shape[2]!]), spatial: 1 }
  throw unsupported(context, `takes a value of rank ${shape.length}`, 'rank 3 (one spatial axis) and 4 (two)')
}

/** The inverse of `toImage`, on a result. */
export function fromImage(context: Context, image: Node, spatial: 1 | 2): Node {
  const [n, c, , l] = image.type.shape as [number, number, number, number]
  return spatial === 2 ? image : reshape(context, image, [n, c, l])
}

/** kernel_shape as rows and columns. */
export function kernelOf(context: Context, spatial: number): Pair {
  if (!context.attributes.has('kernel_shape')) throw invalid(context, 'lacks the attribute kernel_shape')
  return readPair(context, 'kernel_shape', spatial)
}

/** A positive integer for rows and one for columns; 1 where it is left out. */
export function readPair(context: Context, name: string, spatial: number): Pair {
  const values = context.attributes.ints(name, new Array<number>(spatial).fill(1))
  if (values.length !== spatial || values.some(value => value < 1 || value > largestWindow))
    throw invalid(context, `has ${name}=[${values}] for ${spatial} spatial axes`)
  return spatial === 1 ? [1, values[0]!] : [values[0]!, values[1]!]
}

function readPadding(context: Context, image: Pair, span: Pair, stride: Pair, spatial: number, ceil: boolean): Padding {
  const mode = context.attributes.string('auto_pad', 'NOTSET')
  const pads = context.attributes.ints('pads', new Array<number>(2 * spatial).fill(0))
  if (pads.length !== 2 * spatial || pads.some(value => value < 0 || value > largestWindow))
    throw invalid(context, `has pads=[${pads}] for ${spatial} spatial axes`)
  if (mode === 'NOTSET' || mode === '')
    return spatial === 1 ? [0, pads[0]!, 0, pads[1]!] : [pads[0]!, pads[1]!, pads[2]!, pads[3]!]
  if (ceil) throw unsupported(context, `has ceil_mode=1 and auto_pad=${mode}`, 'ceil_mode=1 with explicit pads')
  if (pads.some(value => value > 0)) throw invalid(context, `has pads=[${pads}] beside auto_pad=${mode}`)
  if (mode === 'VALID') return [0, 0, 0, 0]
  if (mode !== 'SAME_UPPER' && mode !== 'SAME_LOWER')
    throw new CompileError(
      diagnostics.unsupportedAttribute(context.where, 'auto_pad', mode, 'NOTSET, VALID, SAME_UPPER, SAME_LOWER'),
    )
  const total = ([0, 1] as const).map(axis =>
    Math.max((Math.ceil(image[axis] / stride[axis]) - 1) * stride[axis] + span[axis] - image[axis], 0),
  ) as [number, number]
  const less = total.map(value => Math.floor(value / 2)) as [number, number]
  const more = total.map(value => Math.ceil(value / 2)) as [number, number]
  return mode === 'SAME_UPPER' ? [...less, ...more] : [...more, ...less]
}

/** Padding at the end that makes rounding down give what ceil_mode's rounding up asks for. */
function ceilPadding(size: number, span: number, stride: number, before: number, after: number): number {
  const steps = Math.ceil((size + before + after - span) / stride)
  // A window that would start beyond the image and its padding before it is left out.
  const last = steps * stride >= size + before ? steps - 1 : steps
  return Math.max(last * stride + span - size - before, last === steps ? after : 0)
}
