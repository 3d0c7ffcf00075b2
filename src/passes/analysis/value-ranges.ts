import { extrasOf, isConvolution, sourcesOf } from '../../ir/epilogue.ts'
import type { Expr } from '../../ir/expr.ts'
import { type Graph, topological } from '../../ir/graph.ts'
import type { Node } from '../../ir/node.ts'
import { anything, between, exactly, hasZero, integers, type Range, union, unionOf } from '../../ir/range.ts'
import type { DType, Tensor } from '../../ir/tensor.ts'
import { type Argument, argumentOf, expressionRanges, MOST_CHANNELS, type Ranges } from './expression-ranges.ts'
import { sumLattice, sumRanges } from './sum-ranges.ts'

/** What every value of a graph can hold. */
export function rangesOf(graph: Graph): ReadonlyMap<Node, Ranges> {
  const found = new Map<Node, Ranges>()
  const order = topological(graph)
  // Of weights the sums are asked for, and they are most of a network.
  const weights = new Set(order.filter(isConvolution).map(({ operands }) => operands[1] as Node))
  for (const node of order)
    for (const [k, x] of node.operands.entries()) if (k !== 1 || !isConvolution(node)) weights.delete(x)
  for (const node of order) {
    const operands = node.operands.map(operand => found.get(operand)!)
    found.set(node, weights.has(node) ? [anything] : compute(node, operands))
  }
  return found
}

const whole = (ranges: Ranges): Range => unionOf(ranges)
const channelsOf = ({ type }: Node): number => type.shape.at(-1) ?? 1
const at = (ranges: Ranges, channel: number): Range => ranges[ranges.length === 1 ? 0 : channel]!

function compute(node: Node, operands: readonly Ranges[]): Ranges {
  const [x] = operands as [Ranges]
  const { op, attrs } = node
  switch (op) {
    case 'input':
      return [inputRange(node.type.dtype)]
    case 'constant':
      return constantRanges(attrs.value)
    case 'map':
      return expression(attrs.expr, argumentsOf(node.operands, operands))
    case 'conv2d':
    case 'binaryConv2d':
    case 'integerConv2d': {
      const [, weights] = node.operands
      const sums = weights.op === 'constant' ? sumRanges(node, weights.attrs.value, whole(x)) : [anything]
      return expression(attrs.epilogue, [
        { type: op === 'conv2d' ? 'f32' : 'i32', ranges: sums },
        ...argumentsOf(extrasOf(node), operands.slice(sourcesOf(node).length)),
      ])
    }
    case 'pool': {
      const count = attrs.kernel[0] * attrs.kernel[1]
      const isWhole = attrs.padding.every((size, side) => size === 0 || size === attrs.counted[side])
      const padded = attrs.padding.some(size => size > 0)
      const pooled =
        attrs.kind === 'max' ? x : x.map(range => mean(padded ? union(range, exactly(0)) : range, isWhole ? count : 0))
      return expression(attrs.epilogue, argumentsOf(node.operands, [pooled, ...operands.slice(1)]))
    }
    case 'reduce': {
      const count = attrs.axes.reduce((product, axis) => product * node.operands[0].type.shape[axis]!, 1)
      const all = attrs.axes.includes(node.type.shape.length - 1) ? [whole(x)] : x
      const isMean = attrs.kind === 'mean'
      const reduced =
        attrs.kind === 'max' || attrs.kind === 'min'
          ? all
          : all.map(range => (isMean ? mean(range, count) : repeated(range, count)))
      return expression(attrs.epilogue, argumentsOf(node.operands, [reduced, ...operands.slice(1)]))
    }
    case 'gather':
      return [whole(x)]
    case 'reshape':
      return channelsOf(node) === channelsOf(node.operands[0]) ? x : [whole(x)]
    case 'transpose':
      return attrs.perm.at(-1) === attrs.perm.length - 1 ? x : [whole(x)]
    case 'concat': {
      if (attrs.axis === node.type.shape.length - 1)
        return node.operands.flatMap((part, k) =>
          Array.from({ length: channelsOf(part) }, (_, c) => at(operands[k]!, c)),
        )
      return perChannel(operands, channel => unionOf(operands.map(ranges => at(ranges, channel))))
    }
    case 'slice':
      if (x.length === 1) return x
      return Array.from({ length: attrs.sizes.at(-1)! }, (_, k) => x[attrs.starts.at(-1)! + k * attrs.steps.at(-1)!]!)
    case 'pad': {
      const channels = attrs.before.at(-1) !== 0 || attrs.after.at(-1) !== 0
      return (channels ? [whole(x)] : x).map(range => union(range, exactly(attrs.value)))
    }
  }
}

/** Images have exact zeros, and so may any other input. */
function inputRange(dtype: DType): Range {
  if (dtype === 'bit') return exactly(0, 1)
  if (dtype === 'u8') return integers(0, 255)
  if (dtype === 'i8') return integers(-128, 127)
  return dtype === 'f32' ? { ...anything, points: [0] } : integers(-(2 ** 31), 2 ** 31 - 1)
}

/** As many ranges as the longest list of operands has. */
const perChannel = (operands: readonly Ranges[], range: (channel: number) => Range): Ranges =>
  Array.from({ length: Math.max(...operands.map(({ length }) => length)) }, (_, channel) => range(channel))

function expression(expr: Expr, args: readonly Argument[]): Ranges {
  if (expr.fn === 'arg') return args[expr.index]!.ranges
  const { found, areChannels } = expressionRanges(expr, args)
  return areChannels ? found : [unionOf(found)]
}

const argumentsOf = (nodes: readonly Node[], ranges: readonly Ranges[]): Argument[] =>
  nodes.map((node, k) => argumentOf(node, ranges[k]!))

/** Of constants, which never change, and are asked for by every run of a pass. */
const known = new WeakMap<Tensor, Ranges>()

function constantRanges(tensor: Tensor): Ranges {
  const found = known.get(tensor) ?? rangesOfValues(tensor)
  known.set(tensor, found)
  return found
}

function rangesOfValues({ shape, values }: Tensor): Ranges {
  const channels = shape.at(-1) ?? 1
  if (values.length === channels && channels <= MOST_CHANNELS)
    return Array.from(values as ArrayLike<number | bigint>, value => exactly(Number(value)))
  const distinct = new Set<number>()
  let [low, high, zero] = [Infinity, -Infinity, false]
  for (const value of values as Float32Array) {
    const number = Number(value)
    if (number < low) low = number
    if (number > high) high = number
    if (number === 0) zero = true
    if (distinct.size <= 16) distinct.add(number)
  }
  if (distinct.size <= 16) return [exactly(...distinct)]
  return [{ ...between(low, high), points: zero ? [0] : [] }]
}

/** Of the mean of `count` values; 0 for a count that differs. */
function mean(range: Range, count: number): Range {
  const total = repeated(range, count || 2)
  if (count > 0 && typeof total.rest !== 'string') {
    const { base, step } = total.rest
    return { ...range, points: [], rest: { base: base / count, step: step / count } }
  }
  return { ...range, points: hasZero(range) ? [0] : [], rest: 'floats' }
}

/** Of the sum of `count` values. */
function repeated(range: Range, count: number): Range {
  const { low, high } = range
  const bounds = { low: low < 0 ? low * count : low, high: high > 0 ? high * count : high }
  const lattice = sumLattice(range, count)
  return { ...bounds, points: hasZero(range) ? [0] : [], rest: lattice ?? 'floats' }
}
