import { evaluateNode } from './interpret.ts'
import { constant, type Node } from './node.ts'
import { elements } from './tensor.ts'

/** Above this many elements a value is computed by the generated code, or refused, rather than stored. */
export const foldLimit = 1 << 26

/** The node, or where all its operands are constants the constant that the interpreter computes for it. */
export function fold(node: Node): Node {
  if (node.op === 'constant' || node.op === 'input' || !node.operands.every(isConstant)) return node
  // What is no larger than an operand, such as weights in another order, is stored in its place at any size.
  const size = elements(node.type.shape)
  if (size > foldLimit && node.operands.every(operand => elements(operand.type.shape) < size)) return node
  return constant(
    evaluateNode(
      node,
      node.operands.map(operand => operand.attrs.value),
    ),
    node.origin,
  )
}

export const isConstant = (node: Node): node is Node<'constant'> => node.op === 'constant'
