import type { Node } from '../../ir/node.ts'
import type { Pair } from '../../ir/ops.ts'
import { elements, f32 } from '../../ir/tensor.ts'
import {
  concat,
  elementwise,
  literal,
  reshape,
  slice,
  sliceAxis,
  toChannelsFirst,
  toChannelsLast,
  transpose,
} from './build.ts'
import { type Context, type Importer, invalid, operand, requireFixed } from './context.ts'
import { add, asIs } from './expressions.ts'
import { fromImage, readPair, toImage } from './window.ts'

/**
 * x: [N,C,(H,)W], weights: [C,O/group,(kh,)kw], bias: [O] → [N,O,(H',)W']. Results at a distance of the stride from each
 * other are a plain convolution of x with every stride-th tap: as many of them as there are places between are computed
 * and woven into each other. No zeros are put between the pixels: they would be no bits, and work for nothing.
 */
export const transposedConvolution: Record<'ConvTranspose', Importer> = {
  ConvTranspose: context => {
    const { image, spatial } = toImage(context, operand(context, 0))
    const [, channels, height, width] = image.type.shape as [number, number, number, number]
    const groups = context.attributes.int('group', 1)
    const weights = readWeights(context, spatial, groups, channels)
    const [outputs, kh, kw] = weights.type.shape as [number, number, number, number]
    const axes = readAxes(context, [height, width], [kh, kw], spatial)
    const bias = context.inputs[2]
    const pixels = toChannelsLast(context, image)
    const rows = phasesOf(axes[0]).map(y => {
      const columns = phasesOf(axes[1]).map(x => {
        const sums = computePhase(context, pixels, weights, groups, [y, x])
        return bias ? elementwise(context, add, sums, reshape(context, bias, [1, 1, 1, outputs])) : sums
      })
      return weave(context, columns, 2)
    })
    const all = weave(context, rows, 1)
    const [n] = all.type.shape as [number]
    const cut = slice(context, all, [0, 0, 0, 0], [n, axes[0].to, axes[1].to, outputs])
    return fromImage(context, toChannelsFirst(context, cut), spatial)
  },
}

/** One spatial axis: sizes of image, kernel and result, and what is cut off before it. */
interface Axis {
  readonly from: number
  readonly kernel: number
  readonly to: number
  readonly stride: number
  readonly dilation: number
  readonly before: number
}

/** Results of one remainder of the stride: taps from the last to the first, and pixels that they see. */
interface Phase {
  readonly count: number
  /** Position of the last tap, and how many taps, `step` of them apart. None where no tap meets a pixel. */
  readonly lastTap: number
  readonly taps: number
  readonly step: number
  readonly dilation: number
  /** The first and last pixel that any tap touches, outside of the image too. */
  readonly first: number
  readonly last: number
  readonly from: number
}

function phasesOf({ from, kernel, to, stride, dilation, before }: Axis): readonly Phase[] {
  const count = Math.ceil(to / stride)
  return Array.from({ length: stride }, (_, place) => {
    const remainder = (place + before) % stride
    const positions = [...Array(kernel).keys()].filter(tap => (tap * dilation) % stride === remainder)
    const lastTap = positions.at(-1) ?? 0
    const step = positions.length > 1 ? positions[1]! - positions[0]! : 1
    const apart = positions.length > 1 ? (step * dilation) / stride : 1
    const first = (place + before - lastTap * dilation) / stride
    const last = first + (positions.length - 1) * apart + count - 1
    const taps = first >= from || last < 0 ? 0 : positions.length
    return { count, lastTap, taps, step, dilation: apart, first, last, from }
  })
}

/** [N,count,count,O] of two phases, one for each spatial axis. */
function computePhase(context: Context, x: Node, weights: Node, groups: number, phases: readonly [Phase, Phase]): Node {
  const [n] = x.type.shape as [number]
  const outputs = weights.type.shape[0]!
  const shape = [n, phases[0].count, phases[1].count, outputs]
  if (phases.some(({ taps }) => taps === 0)) return literal(context, f32(shape, new Float32Array(elements(shape))))
  const [image, kernel] = phases.reduce<readonly [Node, Node]>(
    ([pixels, taps], phase, k) => {
      const start = Math.max(phase.first, 0)
      const seen = sliceAxis(context, pixels, k + 1, start, Math.min(phase.last, phase.from - 1) - start + 1)
      return [seen, sliceAxis(context, taps, k + 1, phase.lastTap, phase.taps, -phase.step)]
    },
    [x, weights],
  )
  const [y, z] = phases
  const beyond = ({ last, from }: Phase) => Math.max(last - from + 1, 0)
  return context.make('conv2d', [image, kernel], {
    stride: [1, 1],
    dilation: [y.dilation, z.dilation],
    padding: [Math.max(-y.first, 0), Math.max(-z.first, 0), beyond(y), beyond(z)],
    groups,
    epilogue: asIs,
  })
}

/** Slices of an axis in turn: the first of each part, then the second of each. */
function weave(context: Context, parts: readonly Node[], axis: number): Node {
  const [{ type }] = parts as readonly [Node]
  const apart = parts.map(part => reshape(context, part, type.shape.toSpliced(axis + 1, 0, 1)))
  return reshape(context, concat(context, apart, axis + 1), type.shape.with(axis, type.shape[axis]! * parts.length))
}

/** Weights as OHWI, the channels of a group innermost. */
function readWeights(context: Context, spatial: 1 | 2, groups: number, channels: number): Node {
  const weights = requireFixed(context, operand(context, 1), 'weights')
  const { shape } = weights.type
  const kernel = shape.slice(2)
  const declared = context.attributes.ints('kernel_shape', kernel)
  if (shape.length !== spatial + 2 || `${declared}` !== `${kernel}`)
    throw invalid(context, `has weights of shape [${shape}] for ${spatial} spatial axes, kernel_shape=[${declared}]`)
  if (groups < 1 || shape[0] !== channels || channels % groups !== 0)
    throw invalid(context, `has ${groups} groups and weights of shape [${shape}] for ${channels} channels`)
  const [kh, kw] = spatial === 2 ? [kernel[0]!, kernel[1]!] : [1, kernel[0]!]
  const inner = channels / groups
  const split = reshape(context, weights, [groups, inner, shape[1]!, kh, kw])
  return reshape(context, transpose(context, split, [0, 2, 3, 4, 1]), [groups * shape[1]!, kh, kw, inner])
}

/** strides, dilations, pads, output_padding, output_shape and auto_pad. */
function readAxes(context: Context, image: Pair, kernel: Pair, spatial: 1 | 2): readonly [Axis, Axis] {
  const { attributes } = context
  const mode = attributes.string('auto_pad', 'NOTSET') || 'NOTSET'
  if (!['NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'].includes(mode)) throw invalid(context, `has auto_pad=${mode}`)
  const strides = readPair(context, 'strides', spatial)
  const dilations = readPair(context, 'dilations', spatial)
  const given = (name: string, missing: number, count = spatial as number): readonly number[] => {
    const values = attributes.ints(name, new Array<number>(count).fill(missing))
    if (values.length !== count || values.some(value => value < missing))
      throw invalid(context, `has ${name}=[${values}] for ${spatial} spatial axes`)
    return values
  }
  const more = given('output_padding', 0)
  const sizes = attributes.has('output_shape') ? attributes.ints('output_shape').slice(-spatial) : undefined
  const pads = given('pads', 0, 2 * spatial)
  const axis = (k: 0 | 1): Axis => {
    const at = spatial === 1 ? k - 1 : k
    const [stride, dilation, from] = [strides[k], dilations[k], image[k]]
    if (at < 0) return { from, kernel: 1, to: from, stride: 1, dilation: 1, before: 0 }
    const full = stride * (from - 1) + more[at]! + (kernel[k] - 1) * dilation + 1
    const wanted = sizes?.[at] ?? (mode.startsWith('SAME') ? from * stride : undefined)
    const rest = Math.max(full - (wanted ?? full), 0)
    const isGiven = wanted === undefined && mode === 'NOTSET'
    const before = isGiven ? pads[at]! : mode === 'SAME_UPPER' ? Math.floor(rest / 2) : Math.ceil(rest / 2)
    const to = wanted ?? (isGiven ? full - pads[at]! - pads[at + spatial]! : full)
    if (!(to >= 1)) throw invalid(context, `makes an axis of ${to}`)
    return { from, kernel: kernel[k], to, stride, dilation, before }
  }
  return [axis(0), axis(1)]
}
