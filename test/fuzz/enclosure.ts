import { type Graph, topological } from '../../src/ir/graph.ts'
import { evaluateNode } from '../../src/ir/interpret.ts'
import type { Node } from '../../src/ir/node.ts'
import { allocate, broadcastStrides, elements, indicesOf, stridesOf, type Tensor } from '../../src/ir/tensor.ts'
import { divided, fits, type Grain, grainOfNode } from './grain.ts'
import { ANY, bounds, exactly, type Interval, quotient, widened } from './interval.ts'
import type { Latitude } from './latitude.ts'
import type { Feeds } from './network.ts'

/**
 * Between what values every element of a tensor must lie, whatever order sums are taken in. Where both tensors are
 * equal, all targets must give that very number.
 */
export interface Enclosure {
  readonly low: Tensor
  readonly high: Tensor
}

const exact = (value: Tensor): Enclosure => ({ low: value, high: value })

/** The enclosures of a graph's outputs, as it comes from the importers. Without latitude nothing but rounding is allowed. */
export function enclose(graph: Graph, feeds: Feeds, latitude: Latitude = {}): Map<string, Enclosure> {
  const found = new Map<Node, Enclosure>()
  const grains = new Map<Node, Grain>()
  for (const node of topological(graph)) {
    const operands = node.operands.map(operand => found.get(operand)!)
    const coarse = node.operands.map(operand => grains.get(operand)!)
    const value = node.op === 'input' ? feeds.get(node.attrs.name) : undefined
    const grain = grainOfNode(node, coarse, value)
    const count = meanOf(node)
    grains.set(node, count > 1 ? divided(grain, count) : grain)
    const strict = value ? exact(value) : encloseNode(node, operands, coarse, fits(grain))
    found.set(node, allowing(node, strict, operands, latitude))
  }
  return new Map(graph.outputs.map(({ name, node }) => [name, found.get(node)!]))
}

function allowing(node: Node, strict: Enclosure, operands: readonly Enclosure[], latitude: Latitude): Enclosure {
  const { zeroIsPlus, slack } = latitude
  const at = intervalsOf(strict)
  if (zeroIsPlus && node.op === 'map' && node.attrs.expr.fn === 'sign')
    return fromIntervals(node, index => {
      const [low, high] = at(index)
      return high === 0 && zeroIsPlus(node, index) ? [low, 1] : [low, high]
    })
  const size = slack?.(
    node,
    operands.map(({ high }) => high),
  )
  return size ? fromIntervals(node, index => widened(...at(index), size, 1)) : strict
}

/** What a mean divides its sum by; 1 for all other ops. */
function meanOf(node: Node): number {
  if ((node.op !== 'pool' && node.op !== 'reduce') || node.attrs.kind !== 'mean') return 1
  if (node.op === 'pool') return elements(node.attrs.kernel)
  return node.attrs.axes.reduce((count, axis) => count * node.operands[0].type.shape[axis]!, 1)
}

/** `free`: sums of the node's terms are exact in any order, if the terms are. */
function encloseNode(node: Node, operands: readonly Enclosure[], grains: readonly Grain[], free: boolean): Enclosure {
  switch (node.op) {
    case 'map':
      return encloseMap(node, operands, grains)
    case 'conv2d':
      return fromIntervals(node, convolutionBounds(node, operands[0]!, operands[1]!, free))
    case 'pool':
      return fromIntervals(node, poolBounds(node, operands[0]!, free))
    case 'reduce':
      return fromIntervals(node, reductionBounds(node, operands[0]!, free))
    case 'binaryConv2d':
    case 'integerConv2d':
      throw new Error(`${node.op} comes from no importer`)
    default: {
      const low = evaluateNode(
        node,
        operands.map(operand => operand.low),
      )
      const same = operands.every(operand => operand.low === operand.high)
      return {
        low,
        high: same
          ? low
          : evaluateNode(
              node,
              operands.map(operand => operand.high),
            ),
      }
    }
  }
}

function encloseMap(node: Node<'map'>, operands: readonly Enclosure[], grains: readonly Grain[]): Enclosure {
  const { shape } = node.type
  const run = bounds(
    node.attrs.expr,
    node.operands.map(({ type }) => type.dtype),
    grains,
  )
  const sources = operands.map(operand => ({
    at: intervalsOf(operand),
    from: indicesOf(shape, broadcastStrides(operand.low.shape, shape)),
  }))
  return fromIntervals(node, i => run(sources.map(({ at, from }) => at(from[i]!))))
}

type At = (index: number) => Interval

function intervalsOf({ low, high }: Enclosure): At {
  const values = low.values
  const others = high.values
  return index => [Number(values[index]), Number(others[index])]
}

function fromIntervals({ type: { dtype, shape } }: Node, at: At): Enclosure {
  const [low, high] = [allocate(dtype, elements(shape)), allocate(dtype, elements(shape))]
  for (let i = 0; i < low.length; i++) [low[i], high[i]] = at(i) as [number, number]
  return { low: { dtype, shape, values: low }, high: { dtype, shape, values: high } }
}

/** A sum of terms, in any order: exact where the terms are, if they are `free`. */
class Sum {
  private low = 0
  private high = 0
  private size = 0
  private isExact = true
  private count = 0
  private readonly free: boolean

  constructor(free: boolean) {
    this.free = free
  }

  add([low, high]: Interval): void {
    this.low += low
    this.high += high
    this.size += Math.max(Math.abs(low), Math.abs(high))
    this.isExact &&= low === high
    this.count++
  }

  interval(): Interval {
    if (!(this.size < 1e36)) return ANY
    if (this.isExact && this.free) return exactly(this.low)
    return widened(this.low, this.high, this.size * (4 + this.count / 2))
  }
}

const product = ([a, b]: Interval, [c, d]: Interval): Interval => {
  const all = [a * c, a * d, b * c, b * d]
  return [Math.min(...all), Math.max(...all)]
}

function convolutionBounds(node: Node<'conv2d'>, x: Enclosure, weights: Enclosure, free: boolean): At {
  const { stride, dilation, padding, groups } = node.attrs
  const [, height, width, channels] = x.low.shape as [number, number, number, number]
  const [filters, kh, kw, inner] = weights.low.shape as [number, number, number, number]
  const [xs, ws] = [intervalsOf(x), intervalsOf(weights)]
  const strides = stridesOf(node.type.shape)
  return index => {
    const [b, y, z, o] = positionOf(index, strides) as [number, number, number, number]
    const group = Math.floor(o / (filters / groups))
    const sum = new Sum(free)
    for (let i = 0; i < kh; i++)
      for (let j = 0; j < kw; j++) {
        const sy = y * stride[0] - padding[0] + i * dilation[0]
        const sx = z * stride[1] - padding[1] + j * dilation[1]
        if (sy < 0 || sy >= height || sx < 0 || sx >= width) continue
        for (let k = 0; k < inner; k++)
          sum.add(
            product(
              xs(((b * height + sy) * width + sx) * channels + group * inner + k),
              ws(((o * kh + i) * kw + j) * inner + k),
            ),
          )
      }
    return sum.interval()
  }
}

const positionOf = (index: number, strides: readonly number[]): number[] => {
  let rest = index
  return strides.map(stride => {
    const at = Math.floor(rest / stride)
    rest -= at * stride
    return at
  })
}

function poolBounds(node: Node<'pool'>, x: Enclosure, free: boolean): At {
  const { kind, kernel, counted, stride, dilation, padding } = node.attrs
  const [, height, width, channels] = x.low.shape as [number, number, number, number]
  const xs = intervalsOf(x)
  const strides = stridesOf(node.type.shape)
  return index => {
    const [b, y, z, c] = positionOf(index, strides) as [number, number, number, number]
    const found: Interval[] = []
    let count = 0
    for (let i = 0; i < kernel[0]; i++)
      for (let j = 0; j < kernel[1]; j++) {
        const sy = y * stride[0] - padding[0] + i * dilation[0]
        const sx = z * stride[1] - padding[1] + j * dilation[1]
        const isCounted = sy >= -counted[0] && sy < height + counted[2] && sx >= -counted[1] && sx < width + counted[3]
        if (isCounted) count++
        if (sy >= 0 && sy < height && sx >= 0 && sx < width)
          found.push(xs(((b * height + sy) * width + sx) * channels + c))
      }
    return kind === 'max' ? most(found) : mean(found, count, free)
  }
}

const most = (found: readonly Interval[], sign = 1): Interval => {
  const choose = sign > 0 ? Math.max : Math.min
  return [choose(...found.map(([low]) => low)), choose(...found.map(([, high]) => high))]
}

function sumOf(found: readonly Interval[], free: boolean): Interval {
  const sum = new Sum(free)
  for (const each of found) sum.add(each)
  return sum.interval()
}

const mean = (found: readonly Interval[], count: number, free: boolean): Interval => quotient(sumOf(found, free), count)

function reductionBounds(node: Node<'reduce'>, x: Enclosure, free: boolean): At {
  const { kind, axes } = node.attrs
  const { shape, dtype } = x.low
  const strides = stridesOf(shape)
  const bases = indicesOf(
    shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
    strides,
  )
  const offsets = [
    ...indicesOf(
      shape.map((size, axis) => (axes.includes(axis) ? size : 1)),
      strides,
    ),
  ]
  const xs = intervalsOf(x)
  return index => {
    const found = offsets.map(offset => xs(bases[index]! + offset))
    if (kind === 'max' || kind === 'min') return most(found, kind === 'max' ? 1 : -1)
    if (dtype === 'i32') return wrapped(found)
    return kind === 'sum' ? sumOf(found, free) : mean(found, offsets.length, free)
  }
}

/** Sums of 32-bit integers; what becomes of an overflow depends on where onnxruntime sums. */
function wrapped(found: readonly Interval[]): Interval {
  const size = found.reduce((sum, [low]) => sum + Math.abs(low), 0)
  const isExact = found.every(([low, high]) => low === high) && size < 2 ** 31
  return isExact ? exactly(found.reduce((sum, [low]) => sum + low, 0)) : [-(2 ** 31), 2 ** 31 - 1]
}
