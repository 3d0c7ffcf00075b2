import { evaluateNode } from './interpret.ts'
import { constant, type Node } from './node.ts'
import { elements } from './tensor.ts'

/** Above this many elements a value is computed by the generated code, or refused, rather than stored. */
export const foldLimit = 1 << 26

/** The node, or where all its operands are constants the constant that the interpreter computes for it. */
export function fold(node: Node): Node {
  if (node.op === 'constant' || node.op === 'input' || !node.operands.every(isConstant)) return node
  // A reshape shares the values of its operand: it costs nothing at any size.
  if (node.op !== 'reshape' && elements(node.type.shape) > foldLimit) return node
  return constant(
    evaluateNode(
      node,
      node.operands.map(operand => operand.attrs.value),
    ),
    node.origin,
  )
}

export const isConstant = (node: Node): node is Node<'constant'> => node.op === 'constant'
