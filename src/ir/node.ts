import { infer } from './infer.ts'
import type { Ops } from './ops.ts'
import type { Tensor, TensorType } from './tensor.ts'
import { sameType, showType } from './tensor.ts'

export type OpName = keyof Ops

/** One value of the graph: immutable, and it points at its operands. */
export type Node<K extends OpName = OpName> = {
  [P in K]: {
    readonly op: P
    readonly operands: Ops[P]['operands']
    readonly attrs: Ops[P]['attrs']
    readonly type: TensorType
    /** Names of the ONNX nodes this value came from, for diagnostics, comments and reports. */
    readonly origin: readonly string[]
  }
}[K]

/** The only maker of nodes (inputs aside): the type comes from `infer`. */
export function create<K extends OpName>(
  op: K,
  operands: Ops[K]['operands'],
  attrs: Ops[K]['attrs'],
  origin: readonly string[],
): Node<K> {
  const type = infer[op](operands, attrs)
  return { op, operands, attrs, type, origin } as Node as Node<K>
}

export const input = (name: string, type: TensorType): Node<'input'> => ({
  op: 'input',
  operands: [],
  attrs: { name },
  type,
  origin: [name],
})

export const constant = (value: Tensor, origin: readonly string[]): Node<'constant'> =>
  create('constant', [], { value }, origin)

/** The same op on other operands. Its own type is inferred anew, unless the operands' types are those that it had. */
export function withOperands<K extends OpName>(node: Node<K>, operands: readonly Node[]): Node<K> {
  if (node.op === 'input') return node
  if (
    operands.length === node.operands.length &&
    operands.every((operand, k) => sameTypeAs(operand, node.operands[k]!))
  )
    return { ...node, operands } as Node as Node<K>
  return create(node.op as K, operands as Ops[K]['operands'], node.attrs as Ops[K]['attrs'], node.origin)
}

const sameTypeAs = (a: Node, b: Node): boolean => a === b || sameType(a.type, b.type)

/** Origins of several nodes, each name once, in order. */
export const origins = (...nodes: readonly Node[]): readonly string[] => [
  ...new Set(nodes.flatMap(node => node.origin)),
]

/** A failed assertion about types inside the compiler; never the user's fault. */
export function mustBeSame(what: string, actual: TensorType, expected: TensorType): void {
  if (!sameType(actual, expected)) throw new Error(`${what}: ${showType(actual)}, should be ${showType(expected)}`)
}
