import { evaluateNode } from '../ir/interpret.ts'
import { constant, type Node } from '../ir/node.ts'
import { rewrites, rule } from './rewrite.ts'

const isConstant = (node: Node): node is Node<'constant'> => node.op === 'constant'

/** A node of constants is a constant: the interpreter computes it. */
export const foldConstants = rewrites(
  'fold-constants',
  rule(
    'constant operands',
    [
      'map',
      'conv2d',
      'binaryConv2d',
      'integerConv2d',
      'pool',
      'reduce',
      'gather',
      'reshape',
      'transpose',
      'concat',
      'slice',
      'pad',
    ],
    node => {
      const operands: readonly Node[] = node.operands
      if (!operands.every(isConstant)) return undefined
      return constant(
        evaluateNode(
          node,
          operands.map(operand => operand.attrs.value),
        ),
        node.origin,
      )
    },
  ),
)
