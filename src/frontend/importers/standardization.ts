import { call, number } from '../../ir/expr.ts'
import type { Node } from '../../ir/node.ts'
import { alongChannels, elementwise, reshape } from './build.ts'
import { axesOf, axisOf, type Context, type Importer, invalid, operand, unsupported } from './context.ts'
import { a, add, asIs, b, one, scaleAndShift } from './expressions.ts'

type Op =
  | ('LayerNormalization' | 'InstanceNormalization' | 'GroupNormalization' | 'RMSNormalization')
  | ('MeanVarianceNormalization' | 'LpNormalization')

/** Normalisation by what the values themselves are: means and variances of the sample, not of the training. */
export const standardization: Record<Op, Importer> = {
  /** Over the axes from `axis` on. Outputs: the result, the means, one over the deviations. */
  LayerNormalization: context => {
    const x = operand(context, 0)
    const { result, mean, inverse } = standardized(context, x, lastAxes(context, x), epsilonOf(context))
    const bias = context.inputs[2]
    const scaled = elementwise(context, call('mul', a, b), result, operand(context, 1))
    return [bias ? elementwise(context, add, scaled, bias) : scaled, mean, inverse]
  },
  /** Over all pixels of a channel. */
  InstanceNormalization: context => {
    const x = operand(context, 0)
    const rank = x.type.shape.length
    if (rank < 3) throw unsupported(context, `takes a value of rank ${rank}`, 'rank 3 and above')
    const { result } = standardized(context, x, [...x.type.shape.keys()].slice(2), epsilonOf(context))
    return perChannel(context, result)
  },
  /** Over all pixels of a group of channels. Before opset 21 scale and bias were those of groups. */
  GroupNormalization: context => {
    const x = operand(context, 0)
    const [n, channels] = x.type.shape as [number, number]
    const groups = context.attributes.int('num_groups')
    context.attributes.ignore('stash_type')
    if (x.type.shape.length < 2 || groups < 1 || channels % groups !== 0)
      throw invalid(context, `has ${groups} groups for values of shape [${x.type.shape}]`)
    const grouped = reshape(context, x, [n, groups, x.type.shape.slice(1).reduce((u, v) => u * v, 1) / groups])
    const { result } = standardized(context, grouped, [2], epsilonOf(context))
    if (context.opset < 21) return reshape(context, perChannel(context, result), x.type.shape)
    return perChannel(context, reshape(context, result, x.type.shape))
  },
  /** By the root of the mean square over the axes from `axis` on. */
  RMSNormalization: context => {
    const x = operand(context, 0)
    const square = meanOf(context, elementwise(context, call('mul', a, a), x), lastAxes(context, x))
    const inverse = elementwise(context, inverseRoot(epsilonOf(context)), square)
    const result = elementwise(context, call('mul', a, b), x, inverse)
    return elementwise(context, call('mul', a, b), result, operand(context, 1))
  },
  MeanVarianceNormalization: context => {
    const x = operand(context, 0)
    const axes = axesOf(context, context.attributes.ints('axes', [0, 2, 3]), x.type.shape.length)
    const { centred, variance } = moments(context, x, axes)
    const deviation = call('add', call('sqrt', b), number(1e-9))
    return elementwise(context, call('div', a, deviation), centred, variance)
  },
  /** By the sum of magnitudes, or by the root of the sum of squares. */
  LpNormalization: context => {
    const x = operand(context, 0)
    const axis = axisOf(context, context.attributes.int('axis', -1), x.type.shape.length)
    const isEuclidean = context.attributes.oneOf('p', 2, 1) === 2
    const sizes = elementwise(context, isEuclidean ? call('mul', a, a) : call('abs', a), x)
    const sum = context.make('reduce', [sizes], { kind: 'sum', axes: [axis], epilogue: asIs })
    return elementwise(context, call('div', a, isEuclidean ? call('sqrt', b) : b), x, sum)
  },
}

const epsilonOf = ({ attributes }: Context): number => attributes.float('epsilon', 1e-5)

function lastAxes(context: Context, x: Node): readonly number[] {
  const { attributes } = context
  // In which precision it is computed: all of it is f32 here.
  attributes.ignore('stash_type')
  const rank = x.type.shape.length
  return [...Array(rank).keys()].slice(axisOf(context, attributes.int('axis', -1), rank))
}

const meanOf = (context: Context, x: Node, axes: readonly number[]): Node =>
  context.make('reduce', [x], { kind: 'mean', axes, epilogue: asIs })

const inverseRoot = (epsilon: number) => call('div', one, call('sqrt', call('add', a, number(epsilon))))

/** What is left without the mean, and the mean of its squares. */
function moments(context: Context, x: Node, axes: readonly number[]) {
  const mean = meanOf(context, x, axes)
  const centred = elementwise(context, call('sub', a, b), x, mean)
  return { mean, centred, variance: meanOf(context, elementwise(context, call('mul', a, a), centred), axes) }
}

function standardized(context: Context, x: Node, axes: readonly number[], epsilon: number) {
  const { mean, centred, variance } = moments(context, x, axes)
  const inverse = elementwise(context, inverseRoot(epsilon), variance)
  return { result: elementwise(context, call('mul', a, b), centred, inverse), mean, inverse }
}

/** Times the scale, plus the bias of a channel. */
function perChannel(context: Context, x: Node): Node {
  const channels = x.type.shape[1]
  const [scale, bias] = [operand(context, 1), operand(context, 2)]
  for (const { type } of [scale, bias])
    if (type.shape.length !== 1 || type.shape[0] !== channels)
      throw invalid(context, `has parameters of shape [${type.shape}] for ${channels} channels`)
  const [factor, shift] = [scale, bias].map(vector => alongChannels(context, vector, x.type.shape.length))
  return elementwise(context, scaleAndShift, x, factor!, shift!)
}
