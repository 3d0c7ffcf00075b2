import type { Expr } from './expr.ts'
import { create, type Node } from './node.ts'

/** An op with weights: a convolution or a dense layer. */
export type Convolution = Node<'conv2d' | 'binaryConv2d' | 'integerConv2d'>

/** An op that accumulates and then applies its epilogue. */
export type Reducing = Convolution | Node<'pool' | 'reduce'>

export const isConvolution = (node: Node): node is Convolution =>
  node.op === 'conv2d' || node.op === 'binaryConv2d' || node.op === 'integerConv2d'

export const isReducing = (node: Node): node is Reducing => 'epilogue' in node.attrs

/** What it accumulates over: x and, for convolutions, weights and offsets. */
export const sourcesOf = (node: Reducing): readonly Node[] => node.operands.slice(0, sourceCount(node))

/** What its epilogue reads as arguments 1, 2, … */
export const extrasOf = (node: Reducing): readonly Node[] => node.operands.slice(sourceCount(node))

const sourceCount = (node: Reducing): number => (node.op === 'integerConv2d' ? 3 : isConvolution(node) ? 2 : 1)

/** The same accumulation with other extra operands and another epilogue; its type may change. */
export function withEpilogue(node: Reducing, extras: readonly Node[], epilogue: Expr, origin = node.origin): Reducing {
  const operands = [...sourcesOf(node), ...extras] as never
  // One case per op: the type checker pairs each op with its own attributes.
  switch (node.op) {
    case 'conv2d':
      return create('conv2d', operands, { ...node.attrs, epilogue }, origin)
    case 'binaryConv2d':
      return create('binaryConv2d', operands, { ...node.attrs, epilogue }, origin)
    case 'integerConv2d':
      return create('integerConv2d', operands, { ...node.attrs, epilogue }, origin)
    case 'pool':
      return create('pool', operands, { ...node.attrs, epilogue }, origin)
    case 'reduce':
      return create('reduce', operands, { ...node.attrs, epilogue }, origin)
  }
}
