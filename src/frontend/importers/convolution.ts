import type { Node } from '../../ir/node.ts'
import { alongChannels, elementwise, reshape, toChannelsFirst, toChannelsLast } from './build.ts'
import { type Context, type Importer, invalid, operand, requireFixed } from './context.ts'
import { add, asIs } from './expressions.ts'
import { fromImage, readWindow, toImage } from './window.ts'

/** x: [N,C,(H,)W], weights: [O,C/group,(kh,)kw], bias: [O] → [N,O,(H',)W']. */
export const convolution: Record<'Conv', Importer> = {
  Conv: context => convolved(context, operand(context, 0), operand(context, 1), context.inputs[2]),
}

/** By the attributes of the node. */
export function convolved(context: Context, x: Node, kernels: Node, bias?: Node): Node {
  const { image, spatial } = toImage(context, x)
  const weights = readWeights(context, kernels, spatial)
  const [, channels, height, width] = image.type.shape as [number, number, number, number]
  const [outputs, kh, kw, inner] = weights.type.shape as [number, number, number, number]
  const groups = context.attributes.int('group', 1)
  if (groups < 1 || channels !== inner * groups || outputs % groups !== 0)
    throw invalid(context, `has ${groups} groups of ${inner} channels for an input of ${channels} channels`)
  const { stride, dilation, padding } = readWindow(context, [height, width], [kh, kw], spatial)
  const attrs = { stride, dilation, padding, groups, epilogue: asIs }
  const sums = toChannelsFirst(context, context.make('conv2d', [toChannelsLast(context, image), weights], attrs))
  const biased = bias ? elementwise(context, add, sums, alongChannels(context, bias, 4)) : sums
  return fromImage(context, biased, spatial)
}

/** Weights as OHWI; 1-D ones get a height of 1. */
function readWeights(context: Context, kernels: Node, spatial: 1 | 2): Node {
  const weights = requireFixed(context, kernels, 'weights')
  const { shape } = weights.type
  if (shape.length !== spatial + 2)
    throw invalid(context, `has weights of rank ${shape.length} for ${spatial} spatial axes`)
  const kernel = shape.slice(2)
  const declared = context.attributes.ints('kernel_shape', kernel)
  if (`${declared}` !== `${kernel}`)
    throw invalid(context, `has kernel_shape=[${declared}] and weights of shape [${shape}]`)
  return toChannelsLast(
    context,
    spatial === 2 ? weights : reshape(context, weights, [shape[0]!, shape[1]!, 1, shape[2]!]),
  )
}
