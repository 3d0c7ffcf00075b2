import { CompileError } from '../../ir/diagnostic.ts'
import { diagnostics } from '../../ir/diagnostics.ts'
import { isConstant } from '../../ir/fold.ts'
import type { Node } from '../../ir/node.ts'
import { allocate, numbersOf } from '../../ir/tensor.ts'
import { literal, reshape, slice, sliceAxis } from './build.ts'
import {
  axesOf,
  axisOf,
  type Context,
  type Importer,
  integersFrom,
  integersOf,
  invalid,
  operand,
  refuseLong,
  requireFixed,
  scalarOf,
  unsupported,
} from './context.ts'
import { pickAlong } from './picking.ts'

/** Parts of values, and borders around them. */
export const selections: Record<'Slice' | 'Split' | 'Gather' | 'Pad', Importer> = {
  Slice: context => {
    const x = operand(context, 0)
    const { shape } = x.type
    const starts = integersFrom(context, 'starts', 1)
    const ends = integersFrom(context, 'ends', 2)
    if (!starts || !ends || starts.length !== ends.length)
      throw invalid(context, `has starts=[${starts}], ends=[${ends}]`)
    const declared = integersFrom(context, 'axes', 3) ?? [...starts.keys()]
    const steps = (context.inputs[4] ? integersOf(context, 4, 'steps') : undefined) ?? starts.map(() => 1)
    if (declared.length !== starts.length || steps.length !== starts.length || steps.includes(0))
      throw invalid(context, `has axes=[${declared}], steps=[${steps}] for starts=[${starts}]`)
    axesOf(context, declared, shape.length)
    const ranges = shape.map(size => ({ start: 0, size, step: 1 }))
    declared.forEach((axis, k) => {
      const at = axisOf(context, axis, shape.length)
      ranges[at] = rangeOf(starts[k]!, ends[k]!, steps[k]!, shape[at]!)
    })
    const sizes = ranges.map(({ size }) => size)
    if (sizes.includes(0)) return empty(context, x, sizes)
    return slice(
      context,
      x,
      ranges.map(({ start }) => start),
      sizes,
      ranges.map(({ step }) => step),
    )
  },
  /** Sizes as attribute (before opset 13) or input, else equal parts, of which the last may be smaller. */
  Split: context => {
    const x = operand(context, 0)
    const axis = axisOf(context, context.attributes.int('axis', 0), x.type.shape.length)
    const size = x.type.shape[axis]!
    const count = context.attributes.int('num_outputs', context.outputCount)
    if (count !== context.outputCount)
      throw invalid(context, `has num_outputs=${count} and ${context.outputCount} outputs`)
    const sizes = integersFrom(context, 'split', 1) ?? equalParts(context, size, count)
    const total = sizes.reduce((sum, part) => sum + part, 0)
    if (sizes.length < count || sizes.some(part => part < 0) || total !== size)
      throw invalid(context, `splits ${size} elements into [${sizes}]`)
    let start = 0
    return sizes.map(part => {
      const at = start
      start += part
      return part === 0 ? empty(context, x, x.type.shape.with(axis, 0)) : sliceAxis(context, x, axis, at, part)
    })
  },
  /** Constant indices select slices; indices that depend on the input select rows of a constant table. */
  Gather: context => {
    const x = operand(context, 0)
    const indices = operand(context, 1)
    const axis = axisOf(context, context.attributes.int('axis', 0), x.type.shape.length)
    if (isConstant(indices)) return gatherConstant(context, x, indices, axis)
    if (axis !== 0) throw new CompileError(diagnostics.notConstant(context.where, `indices along axis ${axis}`))
    return context.make('gather', [requireFixed(context, x, 'table'), indices], {})
  },
  /** With a constant, or with what the image has at its border; negative amounts cut. */
  Pad: context => {
    const x = operand(context, 0)
    const rank = x.type.shape.length
    const mode = context.attributes.string('mode', 'constant')
    const name = context.attributes.has('paddings') ? 'paddings' : 'pads'
    const declared = integersFrom(context, name, 1)
    const axes = context.inputs[3] ? integersOf(context, 3, 'axes') : [...x.type.shape.keys()]
    axesOf(context, axes, rank)
    if (declared?.length !== 2 * axes.length) throw invalid(context, `has pads=[${declared}] for ${axes.length} axes`)
    const value = context.inputs[2] ? scalarOf(context, 2, 'value') : context.attributes.anyFloat('value', 0)
    if (Number.isNaN(value)) throw new CompileError(diagnostics.notFinite(context.where, 'pads with NaN'))
    const amounts = x.type.shape.map(() => [0, 0] as [before: number, after: number])
    axes.forEach((axis, k) => {
      amounts[axisOf(context, axis, rank)] = [declared[k]!, declared[k + axes.length]!]
    })
    return mode === 'constant' ? padOrCut(context, x, amounts, value) : padFrom(context, x, amounts, mode)
  },
}

/** The elements that numpy's start:end:step names along an axis. */
function rangeOf(start: number, end: number, step: number, size: number) {
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1]
  const within = (at: number, least: number) => Math.min(Math.max(at < 0 ? at + size : at, least), high)
  const from = within(start, step > 0 ? low : 0)
  const count = Math.max(Math.ceil((within(end, low) - from) / step), 0)
  return { start: from, size: count, step }
}

/** Shape arithmetic may hold empty lists; nothing else may. */
function empty(context: Context, x: Node, shape: readonly number[]): Node {
  if (!isConstant(x))
    throw unsupported(context, `makes a value of shape [${shape}]`, 'values with at least one element')
  return literal(context, { dtype: x.type.dtype, shape, values: allocate(x.type.dtype, 0) })
}

function equalParts(context: Context, size: number, count: number): number[] {
  const part = Math.ceil(size / count)
  const isEven = size % count === 0
  if (!isEven && !context.attributes.has('num_outputs'))
    throw invalid(context, `splits ${size} elements into ${count} parts`)
  return Array.from({ length: count }, (_, k) => Math.max(Math.min(part, size - k * part), 0))
}

function gatherConstant(context: Context, x: Node, indices: Node<'constant'>, axis: number): Node {
  const size = x.type.shape[axis]!
  const at = numbersOf(indices.attrs.value).map(value => (value < 0 ? value + size : value))
  if (indices.type.dtype !== 'i32' || at.some(value => value < 0 || value >= size))
    throw invalid(context, `gathers the indices [${at}] of an axis of ${size}`)
  const shape = [...x.type.shape.slice(0, axis), ...indices.type.shape, ...x.type.shape.slice(axis + 1)]
  if (at.length === 0) return empty(context, x, shape)
  return reshape(context, pickAlong(context, x, axis, at), shape)
}

/** What lies at a position beyond either end, by ONNX's mode. */
const borders: Readonly<Record<string, (at: number, size: number) => number>> = {
  edge: (at, size) => Math.min(Math.max(at, 0), size - 1),
  wrap: (at, size) => modulo(at, size),
  reflect: (at, size) => {
    const turn = modulo(at, Math.max(2 * (size - 1), 1))
    return Math.min(turn, 2 * (size - 1) - turn)
  },
}

const modulo = (value: number, divisor: number): number => ((value % divisor) + divisor) % divisor

/** Borders of values that are in the image. */
function padFrom(context: Context, x: Node, amounts: readonly Amounts[], mode: string): Node {
  const position = borders[mode]
  if (!position)
    throw new CompileError(
      diagnostics.unsupportedAttribute(context.where, 'mode', mode, `constant, ${Object.keys(borders).join(', ')}`),
    )
  return amounts.reduce((value, [before, after], axis) => {
    const size = value.type.shape[axis]!
    const count = before + size + after
    if (count <= 0) throw unsupported(context, `cuts [${x.type.shape}] down to nothing`, 'smaller cuts')
    refuseLong(context, count)
    const positions = Array.from({ length: count }, (_, k) => position(k - before, size))
    return pickAlong(context, value, axis, positions)
  }, x)
}

type Amounts = readonly [before: number, after: number]

function padOrCut(context: Context, x: Node, amounts: readonly Amounts[], value: number): Node {
  const sizes = x.type.shape.map((size, axis) => size + Math.min(amounts[axis]![0], 0) + Math.min(amounts[axis]![1], 0))
  if (sizes.some(size => size <= 0))
    throw unsupported(context, `cuts [${x.type.shape}] down to nothing`, 'smaller cuts')
  const cut = slice(
    context,
    x,
    amounts.map(([before]) => Math.max(-before, 0)),
    sizes,
  )
  const before = amounts.map(pair => Math.max(pair[0], 0))
  const after = amounts.map(pair => Math.max(pair[1], 0))
  return [...before, ...after].every(amount => amount === 0)
    ? cut
    : context.make('pad', [cut], { before, after, value: Math.fround(value) })
}
