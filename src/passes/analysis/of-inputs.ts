import type { Node } from '../../ir/node.ts'

/** An input of the graph, or what is computed from inputs element by element. */
export const isOfInputs = (node: Node): boolean =>
  node.op === 'input' ||
  node.op === 'constant' ||
  ((node.op === 'map' || node.op === 'reshape') && node.operands.every(isOfInputs))
