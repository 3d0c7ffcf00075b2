import { arg, call, type Expr, number } from '../../ir/expr.ts'
import type { Node } from '../../ir/node.ts'
import { f32, numbersOf } from '../../ir/tensor.ts'
import { elementwise, literal, transpose } from './build.ts'
import {
  axisOf,
  type Context,
  constantOf,
  type Importer,
  integersOf,
  invalid,
  operand,
  refuseLong,
  unsupported,
} from './context.ts'
import { a, b } from './expressions.ts'
import { pickAlong } from './picking.ts'
import { type Axis, coordinates, nearestModes, type Sampling, samplings, type Tap } from './sampling.ts'

/** Interpolation along one axis after the other; weights and positions are known when the model is compiled. */
export const resizing: Record<'Resize' | 'Upsample', Importer> = {
  Resize: context => {
    const { attributes, opset } = context
    if (opset < 11) return resized(context, operand(context, 0), oldForm(context, scalesOf(context, 1)))
    const x = operand(context, 0)
    const { shape } = x.type
    const axes = attributes.ints('axes', [...shape.keys()]).map(axis => axisOf(context, axis, shape.length))
    const roi = context.inputs[1] ? numbersOf(constantOf(context, 1, 'region')) : []
    const transform = attributes.string('coordinate_transformation_mode', 'half_pixel')
    if (!coordinates[transform])
      throw unsupported(context, `has coordinate_transformation_mode=${transform}`, Object.keys(coordinates).join(', '))
    const nearest = attributes.string('nearest_mode', 'round_prefer_floor')
    if (!nearestModes[nearest])
      throw unsupported(context, `has nearest_mode=${nearest}`, Object.keys(nearestModes).join(', '))
    const crops = transform === 'tf_crop_and_resize'
    if (crops && roi.length !== 2 * axes.length) throw invalid(context, `has a region of ${roi.length} numbers`)
    const sizes = sizesOf(context, axes, shape)
    const form: Form = {
      axes: axes.map((axis, k) => ({
        axis,
        from: shape[axis]!,
        ...sizes[k]!,
        ...(crops ? { region: [roi[k]!, roi[k + axes.length]!] as const } : {}),
      })),
      mode: attributes.string('mode', 'nearest'),
      nearest,
      transform,
      cubic: attributes.float('cubic_coeff_a', -0.75),
      excludesOutside: attributes.oneOf('exclude_outside', 0, 1) === 1,
      extrapolation: crops ? attributes.float('extrapolation_value', 0) : undefined,
    }
    attributes.ignore('extrapolation_value')
    const shrinks = form.axes.some(({ scale }) => scale < 1)
    if (attributes.oneOf('antialias', 0, 1) === 1 && shrinks && form.mode !== 'nearest')
      throw unsupported(
        context,
        'has antialias=1 and makes images smaller',
        'antialias=0',
        'Export it with antialias off.',
      )
    return resized(context, x, form)
  },
  Upsample: context => {
    const { attributes, opset } = context
    const scales = opset < 9 ? attributes.floats('scales') : scalesOf(context, 1)
    return resized(context, operand(context, 0), oldForm(context, scales))
  },
}

interface Form extends Sampling {
  readonly axes: readonly (Axis & { readonly axis: number })[]
  readonly mode: string
  /** What stands outside the image where positions there are not moved to its border. */
  readonly extrapolation: number | undefined
}

const scalesOf = (context: Context, index: number): readonly number[] => numbersOf(constantOf(context, index, 'scales'))

/** Before opset 11 positions were those of the upper left corners. */
function oldForm(context: Context, scales: readonly number[]): Form {
  const { shape } = operand(context, 0).type
  if (scales.length !== shape.length) throw invalid(context, `has ${scales.length} scales for [${shape}]`)
  const axes = shape.map((from, axis) => ({ axis, from, to: Math.floor(from * scales[axis]!), scale: scales[axis]! }))
  const mode = context.attributes.string('mode', 'nearest')
  return {
    axes,
    mode: mode === 'bilinear' || mode === 'trilinear' ? 'linear' : mode,
    nearest: 'simple',
    transform: 'asymmetric',
    cubic: -0.75,
    excludesOutside: false,
    extrapolation: undefined,
  }
}

/** New sizes with their scales, from sizes or scales; sizes may have to keep the proportions. */
function sizesOf(context: Context, axes: readonly number[], shape: readonly number[]) {
  const policy = context.attributes.string('keep_aspect_ratio_policy', 'stretch')
  const sizes = context.inputs[3] ? integersOf(context, 3, 'sizes') : []
  const scales = context.inputs[2] && sizes.length === 0 ? scalesOf(context, 2) : []
  if (sizes.length + scales.length !== axes.length)
    throw invalid(context, `has ${sizes.length} sizes and ${scales.length} scales for ${axes.length} axes`)
  if (scales.length > 0)
    return axes.map((axis, k) => ({ scale: scales[k]!, to: Math.floor(shape[axis]! * scales[k]!) }))
  const ratios = sizes.map((size, k) => Math.fround(size / shape[axes[k]!]!))
  if (policy === 'stretch') return sizes.map((to, k) => ({ to, scale: ratios[k]! }))
  if (policy !== 'not_larger' && policy !== 'not_smaller')
    throw invalid(context, `has keep_aspect_ratio_policy=${policy}`)
  const scale = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios)
  return axes.map(axis => ({ scale, to: Math.round(scale * shape[axis]!) }))
}

function resized(context: Context, x: Node, form: Form): Node {
  const sample = samplings[form.mode]
  if (!sample) throw unsupported(context, `has mode=${form.mode}`, Object.keys(samplings).join(', '))
  return form.axes.reduce((value, axis) => {
    if (!(axis.to >= 1 && axis.scale > 0)) throw unsupported(context, 'makes an empty image', 'sizes of at least 1')
    refuseLong(context, axis.to)
    if (axis.to === axis.from && axis.scale === 1 && form.extrapolation === undefined) return value
    const taps = Array.from({ length: axis.to }, (_, at) => sample(at, axis, form))
    return weighted(context, value, axis.axis, taps, form.extrapolation)
  }, x)
}

/** For each position along an axis the weighted sum of some others; undefined for a position outside. */
function weighted(
  context: Context,
  x: Node,
  axis: number,
  taps: readonly (readonly Tap[] | undefined)[],
  outside: number | undefined,
): Node {
  const count = taps.reduce((most, list) => Math.max(most, list?.length ?? 1), 0)
  const positions = (k: number) => taps.map(list => list?.[k]?.at ?? 0)
  const isPick = count === 1 && taps.every(list => list)
  if (isPick) return pickAlong(context, x, axis, positions(0))
  // The axis comes first, once for all.
  const order = [axis, ...[...x.type.shape.keys()].toSpliced(axis, 1)]
  const rows = transpose(context, x, order)
  const column = (values: readonly number[]) =>
    literal(context, f32([values.length, ...order.slice(1).map(() => 1)], values))
  const parts = Array.from({ length: count }, (_, k) => pickAlong(context, rows, 0, positions(k)))
  const weights = Array.from({ length: count }, (_, k) => column(taps.map(list => list?.[k]?.weight ?? 0)))
  const sum = parts.map((_, k) => call('mul', arg(k), arg(count + k))).reduce((left, right) => call('add', left, right))
  const sums = elementwise(context, sum, ...parts, ...weights)
  return transpose(
    context,
    taps.every(list => list)
      ? sums
      : elementwise(context, replaced(outside ?? 0), sums, column(taps.map(list => (list ? 1 : 0)))),
    [...order.keys()].map(k => order.indexOf(k)),
  )
}

const replaced = (value: number): Expr => call('select', call('gt', b, number(0)), a, number(value))
