import { call, number } from '../../ir/expr.ts'
import type { Node } from '../../ir/node.ts'
import { alongChannels, elementwise, reshape } from './build.ts'
import { axisOf, type Context, type Importer, invalid, operand, unsupported } from './context.ts'
import { a, asIs, b, c, one } from './expressions.ts'
import { largestWindow } from './window.ts'

export const normalization: Record<'BatchNormalization' | 'LRN' | 'Softmax' | 'LogSoftmax', Importer> = {
  /**
   * x·scale + shift per channel, in the order of f32 steps that onnxruntime takes:
   * scale = (1 / sqrt(var + epsilon)) · gain, shift = bias − mean · scale.
   */
  BatchNormalization: context => {
    const { attributes, opset } = context
    attributes.ignore('momentum')
    // The oldest form is in training mode unless it says otherwise.
    if (opset < 7 && attributes.int('is_test', 0) !== 1) throw unsupported(context, 'is in training mode', 'is_test=1')
    attributes.oneOf('spatial', 1)
    attributes.oneOf('training_mode', 0)
    const epsilon = number(attributes.float('epsilon', 1e-5))
    const [x, gain, bias, mean, variance] = [0, 1, 2, 3, 4].map(index => operand(context, index)) as [
      Node,
      Node,
      Node,
      Node,
      Node,
    ]
    const rank = x.type.shape.length
    const channels = rank === 1 ? 1 : x.type.shape[1]
    for (const { type } of [gain, bias, mean, variance])
      if (type.shape.length !== 1 || type.shape[0] !== channels)
        throw invalid(context, `has parameters of shape [${type.shape}] for ${channels} channels`)
    const deviation = call('sqrt', call('add', a, epsilon))
    const scale = elementwise(context, call('mul', call('div', one, deviation), b), variance, gain)
    const shift = elementwise(context, call('sub', a, call('mul', b, c)), bias, mean, scale)
    const parameters = [scale, shift].map(vector => (rank === 1 ? vector : alongChannels(context, vector, rank)))
    return elementwise(context, call('add', call('mul', a, b), c), x, ...parameters)
  },
  /** x / (bias + alpha · mean of x² over `size` neighbouring channels)^beta; channels beyond the ends count as 0. */
  LRN: context => {
    const { attributes } = context
    const size = attributes.int('size')
    if (size < 1 || size > largestWindow) throw invalid(context, `has size=${size}`)
    const x = operand(context, 0)
    const [n, channels, ...spatial] = x.type.shape as [number, number, ...number[]]
    if (x.type.shape.length < 2) throw invalid(context, `takes a value of rank ${x.type.shape.length}`)
    // The channels are the rows of an image with the pixels as columns, and the mean is a pooling along its columns.
    const pixels = spatial.reduce((product, extent) => product * extent, 1)
    const image = reshape(context, elementwise(context, call('mul', a, a), x), [n, channels, pixels, 1])
    const before = Math.floor((size - 1) / 2)
    const padding = [before, 0, size - 1 - before, 0] as const
    const means = context.make('pool', [image], {
      kind: 'mean',
      kernel: [size, 1],
      stride: [1, 1],
      dilation: [1, 1],
      padding,
      counted: padding,
      epilogue: asIs,
    })
    const [alpha, beta, bias] = [
      attributes.float('alpha', 1e-4),
      attributes.float('beta', 0.75),
      attributes.float('bias', 1),
    ].map(number)
    const base = call('add', bias!, call('mul', alpha!, b))
    return elementwise(context, call('div', a, call('pow', base, beta!)), x, reshape(context, means, x.type.shape))
  },
  Softmax: context =>
    normalizeExponentials(context, (x, most, axes) => {
      const powers = elementwise(context, call('exp', call('sub', a, b)), x, most)
      return elementwise(context, call('div', a, b), powers, total(context, powers, axes))
    }),
  LogSoftmax: context =>
    normalizeExponentials(context, (x, most, axes) => {
      const shifted = elementwise(context, call('sub', a, b), x, most)
      const powers = elementwise(context, call('exp', a), shifted)
      return elementwise(context, call('sub', a, call('log', b)), shifted, total(context, powers, axes))
    }),
}

/** Before opset 13 the axes from `axis` (1) on are normalised together, since then `axis` (-1) alone. */
function normalizeExponentials(context: Context, build: (x: Node, most: Node, axes: readonly number[]) => Node): Node {
  const x = operand(context, 0)
  const rank = x.type.shape.length
  const together = context.opset < 13
  const declared = context.attributes.int('axis', together ? 1 : -1)
  // axis = rank means no axis at all in the old form: every value is its own group.
  const axis = together && declared === rank ? rank : axisOf(context, declared, rank)
  const axes = together ? Array.from({ length: rank - axis }, (_, k) => axis + k) : [axis]
  return build(x, context.make('reduce', [x], { kind: 'max', axes, epilogue: asIs }), axes)
}

const total = (context: Context, x: Node, axes: readonly number[]): Node =>
  context.make('reduce', [x], { kind: 'sum', axes, epilogue: asIs })
