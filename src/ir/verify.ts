import { type Graph, topological } from './graph.ts'
import { infer } from './infer.ts'
import { LARGEST_SUM, LARGEST_WEIGHT, largestSums } from './integer-sums.ts'
import type { Node } from './node.ts'
import { allBits, allFinite, elements, sameType, showType, type Tensor, type TensorType } from './tensor.ts'

/** Constants that were found well-formed, so that verifying a large model after every pass stays cheap. */
const checked = new WeakSet<Tensor>()

/**
 * Checks the invariants of a graph; throws an Error that names the first broken one.
 *  1 a node's type is what `infer` says of its operands and attributes
 *  2 sizes are positive integers
 *  3 a constant is as long as its shape; bits are 0 or 1, f32 are finite; no i64 and i8 constants
 *  4 inputs are exactly the declared ones
 *  5 every node has an origin
 *  6 with `before`: inputs and outputs keep their names, order and types
 *  7 an integer convolution has constant weights of 23 bits, and no sum of 32 bits overflows
 */
export function verify(graph: Graph, before?: Graph): void {
  for (const node of topological(graph)) {
    const fail = (invariant: number, what: string) => {
      throw new Error(`invariant ${invariant}: ${node.op} '${node.origin.join('+')}': ${what}`)
    }
    if (node.op === 'input') {
      if (!graph.inputs.includes(node)) fail(4, `input '${node.attrs.name}' is not declared`)
    } else {
      const expected = inferred(node)
      if (!sameType(node.type, expected)) fail(1, `type ${showType(node.type)}, should be ${showType(expected)}`)
    }
    if (!node.type.shape.every(size => Number.isInteger(size) && size > 0)) fail(2, `shape [${node.type.shape}]`)
    if (node.op === 'constant' && !checked.has(node.attrs.value)) {
      const flaw = flawOf(node.attrs.value)
      if (flaw) fail(3, flaw)
      checked.add(node.attrs.value)
    }
    if (node.origin.length === 0) fail(5, 'no origin')
    if (node.op === 'integerConv2d') {
      const flaw = overflowOf(node)
      if (flaw) fail(7, flaw)
    }
  }
  if (before && before !== graph) sameInterface(graph, before)
}

const inferred = (node: Node): TensorType =>
  (infer[node.op] as (operands: readonly Node[], attrs: unknown) => TensorType)(node.operands, node.attrs)

function flawOf({ dtype, shape, values }: Tensor): string | undefined {
  if (values.length !== elements(shape)) return `${values.length} values for [${shape}]`
  if (dtype === 'i64' || dtype === 'i8') return `${dtype} constants are kept as i32`
  if (dtype === 'bit' && !allBits(values as Uint8Array)) return 'a bit other than 0 and 1'
  if (dtype === 'f32' && !allFinite(values as Float32Array)) return 'a value that is not finite'
  return undefined
}

function overflowOf({ operands: [, weights, offsets] }: Node<'integerConv2d'>): string | undefined {
  if (weights.op !== 'constant' || offsets.op !== 'constant') return 'its weights or offsets are no constants'
  const { value } = weights.attrs
  if ((value.values as Int32Array).some(weight => Math.abs(weight) > LARGEST_WEIGHT)) return 'a weight of over 23 bits'
  const largest = Math.max(...largestSums(value, offsets.attrs.value))
  return largest > LARGEST_SUM ? `sums of up to ${largest}` : undefined
}

function sameInterface(graph: Graph, before: Graph): void {
  const inputs = (g: Graph) => g.inputs.map(node => `${node.attrs.name}: ${showType(node.type)}`).join(', ')
  const outputs = (g: Graph) => g.outputs.map(({ name, node }) => `${name}: ${showType(node.type)}`).join(', ')
  for (const list of [inputs, outputs])
    if (list(graph) !== list(before)) throw new Error(`invariant 6: interface ${list(graph)}, was ${list(before)}`)
}
