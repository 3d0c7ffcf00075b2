import { CompileError, type Diagnostic, type Where } from '../../ir/diagnostic.ts'
import { diagnostics } from '../../ir/diagnostics.ts'
import { isConstant } from '../../ir/fold.ts'
import type { Node, OpName } from '../../ir/node.ts'
import type { Ops } from '../../ir/ops.ts'
import type { Tensor } from '../../ir/tensor.ts'
import type { Attributes } from '../attributes.ts'
import type { ModelTensor } from '../model.ts'

/** One ONNX node on its way in. */
export interface Context {
  readonly where: Where
  readonly origin: readonly string[]
  /** Version of the node's operator set. */
  readonly opset: number
  readonly attributes: Attributes
  /** undefined stands for an optional input that is left out. */
  readonly inputs: readonly (Node | undefined)[]
  /** How many outputs the node names. */
  readonly outputCount: number
  /** Makes a node, and folds it at once where all its operands are constants. Operands that do not fit are refused. */
  make<K extends OpName>(op: K, operands: Ops[K]['operands'], attrs: Ops[K]['attrs']): Node
  readTensor(tensor: ModelTensor): Tensor
  /** ONNX's number of the type that a value has in the file, where it is more than the language's types tell. */
  elementTypeOf(node: Node): number | undefined
  /** Says which type a value has in the file. */
  declare(node: Node, elementType: number): void
  warn(warning: Diagnostic): void
}

/** Turns an ONNX node into nodes of the language: its outputs in order; those it leaves out must not be used. */
export type Importer = (context: Context) => Node | readonly Node[]

/** The input at `index`; refuses a node without it. */
export function operand({ inputs, where }: Context, index: number): Node {
  const found = inputs[index]
  if (!found) throw new CompileError(diagnostics.invalidNode(where, `has no input ${index}`))
  return found
}

/** All inputs of a node that takes any number of them, at least one. */
export const operands = (context: Context): readonly Node[] => [
  operand(context, 0),
  ...context.inputs.slice(1).map((_, k) => operand(context, k + 1)),
]

/** The value of an input that has to be a constant. `what` says what it is, for the message. */
export function constantOf(context: Context, index: number, what: string): Tensor {
  const node = operand(context, index)
  if (!isConstant(node)) throw new CompileError(diagnostics.notConstant(context.where, what))
  return node.attrs.value
}

/** A constant list of integers. */
export function integersOf(context: Context, index: number, what: string): readonly number[] {
  const { dtype, values } = constantOf(context, index, what)
  if (dtype !== 'i32') throw invalid(context, `takes its ${what} from ${dtype} values`)
  return [...(values as Int32Array)]
}

/** A constant of one element. */
export function scalarOf(context: Context, index: number, what: string): number {
  const { values, shape } = constantOf(context, index, what)
  if (values.length !== 1) throw invalid(context, `takes its ${what} from a tensor of shape [${shape}]`)
  return Number(values[0])
}

/** Integers that older operator sets give as an attribute, newer ones as an input; undefined where neither is there. */
export function integersFrom(context: Context, name: string, index: number): readonly number[] | undefined {
  if (context.attributes.has(name)) return context.attributes.ints(name)
  return context.inputs[index] ? integersOf(context, index, name) : undefined
}

/** Whether no input of the graph reaches a value: it is constant, or only too large to be folded. */
export const isFixed = (node: Node): boolean => node.op !== 'input' && node.operands.every(isFixed)

/** A value that is fixed; refuses others. */
export function requireFixed(context: Context, node: Node, what: string): Node {
  if (!isFixed(node)) throw new CompileError(diagnostics.notConstant(context.where, what))
  return node
}

/** An axis counted from the end where negative; `rank` axes exist. */
export function axisOf(context: Context, axis: number, rank: number): number {
  if (axis < -rank || axis >= rank) throw invalid(context, `names axis ${axis} of ${rank}`)
  return axis < 0 ? axis + rank : axis
}

/** Distinct axes, ascending. */
export function axesOf(context: Context, axes: readonly number[], rank: number): readonly number[] {
  const found = [...new Set(axes.map(axis => axisOf(context, axis, rank)))].sort((a, b) => a - b)
  if (found.length !== axes.length) throw invalid(context, `names an axis twice in [${axes}]`)
  return found
}

/** Most positions along an axis that an importer lists one by one. */
const MOST_POSITIONS = 2 ** 24

/** Refuses a size that the compiler could not list, wherever a file may name any number. */
export function refuseLong({ where }: Context, count: number): void {
  if (!(count <= MOST_POSITIONS))
    throw new CompileError(diagnostics.tooLarge(where, `lists ${count} positions along an axis`, 4 * MOST_POSITIONS))
}

export const invalid = ({ where }: Context, what: string): CompileError =>
  new CompileError(diagnostics.invalidNode(where, what))

export const unsupported = ({ where }: Context, found: string, supported: string, hint?: string): CompileError =>
  new CompileError(diagnostics.unsupportedForm(where, found, supported, hint))
