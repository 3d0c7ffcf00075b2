import type { Graph } from '../../src/ir/graph.ts'
import { interpret } from '../../src/ir/interpret.ts'
import type { Node } from '../../src/ir/node.ts'
import { elements, numbersOf, type Tensor } from '../../src/ir/tensor.ts'
import { seeded } from '../random.ts'
import { grainOfValues } from './grain.ts'
import type { Feeds } from './network.ts'

/** What is allowed beside rounding, node by node of the imported graph. */
export interface Latitude {
  /** Whether an exact 0 at this index of a Sign's argument may also count as +1. */
  readonly zeroIsPlus?: (sign: Node, index: number) => boolean
  /** By how much more the values of a node may be off. */
  readonly slack?: (node: Node, operands: readonly Tensor[]) => number
}

/** How far floats are moved to see which zeros stay. */
const MOVE = 2 ** -10

/**
 * What passes may make of an exact 0 before a Sign: +1 where a warning names the Sign, or where the 0 is chance, which
 * means that it goes away when the floats of the inputs move a little. Zeros that stay (ends of clamps, sums of whole
 * numbers, constants) without a warning have to stay ONNX's 0.
 */
export function zerosOf(graph: Graph, feeds: Feeds, warned: ReadonlySet<string>): NonNullable<Latitude['zeroIsPlus']> {
  let moved: ReadonlyMap<Node, Tensor> | undefined
  return (sign, index) => {
    if (sign.origin.some(name => warned.has(name))) return true
    moved ??= valuesOf(graph, new Map([...feeds].map(([name, tensor], k) => [name, jittered(tensor, k)])))
    return Number(moved.get(sign)!.values[index]) !== 0
  }
}

function valuesOf(graph: Graph, feeds: Feeds): Map<Node, Tensor> {
  const values = new Map<Node, Tensor>()
  interpret(graph, feeds, (node, value) => values.set(node, value))
  return values
}

function jittered(tensor: Tensor, seed: number): Tensor {
  if (tensor.dtype !== 'f32') return tensor
  const next = seeded(seed + 1)
  const values = [...numbersOf(tensor)].map(value => value + (2 * next() - 1) * MOVE * (1 + Math.abs(value)))
  return { ...tensor, values: Float32Array.from(values) }
}

/** More than a few roundings of the numbers that are taken from each other. */
const CANCELLED = 2 ** -20
/** Multiples of this stay exact in sums with dyadic numbers. */
const COARSE = 2 ** -10

/**
 * What onnxruntime computes otherwise than ONNX writes it. Differences of large numbers leave little of small ones: LRN
 * from a running sum of squares over all channels, InstanceNormalization as x·scale + (bias − mean·scale). Gemm begins
 * with its bias, and one with many digits makes every sum behind it round.
 */
export function ordersOf(operators: ReadonlyMap<string, string>): NonNullable<Latitude['slack']> {
  const sizes = new Map<string, number>()
  return (node, operands) => {
    const name = node.origin.at(-1) ?? ''
    const op = operators.get(name)
    const [x, y] = operands
    if (op === 'LRN' && node.op === 'pool') return CANCELLED * x!.shape[1]! * largest(x!)
    if (op === 'InstanceNormalization' && node.op === 'map' && node.attrs.expr.fn === 'sub')
      return CANCELLED * largest(x!)
    // Interpolated along axes that keep their size as well: 0 times the neighbour, which may be infinite or NaN.
    if (op === 'Resize') return operands.some(each => !Number.isFinite(largest(each))) ? Infinity : 0
    if (op !== 'Gemm') return 0
    if (node.op === 'reduce') sizes.set(name, termsOf(node) * largest(x!))
    if (node.op === 'conv2d') sizes.set(name, termsOf(node) * largest(x!) * largest(y!))
    const isBias = node.op === 'map' && node.attrs.expr.fn === 'add'
    return isBias && grainOfValues([...numbersOf(y!)]).quantum < COARSE ? CANCELLED * (sizes.get(name) ?? 0) : 0
  }
}

/** How many terms each sum of a node has. */
function termsOf({ op, operands, type }: Node<'reduce'> | Node<'conv2d'>): number {
  if (op === 'reduce') return elements(operands[0]!.type.shape) / elements(type.shape)
  return elements(operands[1]!.type.shape.slice(1))
}

/** NaN where one is: then nothing is known. */
const largest = (tensor: Tensor): number =>
  [...numbersOf(tensor)].reduce((most, value) => Math.max(most, Math.abs(value)), 0)
