import { packedRows } from '../ir/bits.ts'
import { arg, argsOf, type Expr, isReached, substitute } from '../ir/expr.ts'
import type { Node } from '../ir/node.ts'
import { broadcastStrides, type DType, type Shape, stridesOf } from '../ir/tensor.ts'
import type { Operand, Store } from '../plan/kernels.ts'
import type { Draft } from './draft.ts'
import { mayOverflow } from './overflow.ts'

/** The shape in memory: packed words instead of bits on the last axis. */
const memoryShape = (dtype: DType, shape: Shape): Shape =>
  dtype === 'bit' ? [...shape.slice(0, -1), packedRows(shape).words] : shape

/** Strides through a node's buffer that broadcast it to `shape`; for bits the last counts bits, the others words. */
export function readStrides({ dtype, shape: own }: Node['type'], shape: Shape): number[] {
  if (dtype !== 'bit') return broadcastStrides(own, shape).map((stride, axis) => (own[axis] === 1 ? 0 : stride))
  const words = stridesOf(memoryShape(dtype, own))
  return words.map((stride, axis) => (own[axis] === 1 ? 0 : axis === own.length - 1 ? 1 : stride))
}

/** Strides of a result in memory, in elements or words; the last axis of bits steps by bits. */
export const writeStrides = ({ dtype, shape }: Node['type']): number[] => {
  const strides = stridesOf(memoryShape(dtype, shape))
  if (dtype === 'bit') strides[strides.length - 1] = 1
  return strides
}

/** The epilogue of an op whose result is an image: operands get strides for [row, column, channel]. */
export const imageStore = (node: Node, accumulator: DType, epilogue: Expr, extras: readonly Node[], draft: Draft) =>
  makeStore(node, accumulator, epilogue, extras, draft, extra => rowStrides(node, extra))

/** Keeps the operands that the expression reads, and numbers them anew. */
export function makeStore(
  node: Node,
  accumulator: DType | undefined,
  expr: Expr,
  operands: readonly Node[],
  draft: Draft,
  stridesFor: (operand: Node) => readonly number[],
): Store {
  const first = accumulator ? 1 : 0
  const used = argsOf(expr).filter(index => index >= first)
  const renumbered = new Map(used.map((old, index) => [old, first + index]))
  const store = {
    expr: substitute(expr, index => arg(renumbered.get(index) ?? index)),
    accumulator,
    operands: used.map((index): Operand => {
      const operand = operands[index - first]!
      return { buffer: draft.bufferOf(operand), dtype: operand.type.dtype, strides: stridesFor(operand) }
    }),
    result: node.type.dtype,
    wraps: mayOverflow(node, expr, accumulator, operands),
  }
  return { kind: isThreshold(store) ? 'threshold' : 'value', ...store }
}

function isThreshold({ expr, accumulator, operands }: Omit<Store, 'kind'>): boolean {
  const [limit] = operands
  if (!accumulator || !isReached(expr) || limit?.dtype !== accumulator) return false
  return limit.strides.join() === '0,0,1' && limit.buffer.place.kind === 'constant'
}

/** [image, y, column, channel] strides as [row, column, channel] where row = image · height + y. */
function rowStrides(node: Node, extra: Node): number[] {
  const [images, height] = node.type.shape as [number, number]
  const [image, y, column, channel] = readStrides(extra.type, node.type.shape) as [number, number, number, number]
  if (images > 1 && height > 1 && image !== y * height)
    throw new Error(`operand [${extra.type.shape}] of ${node.op} '${node.origin.join('+')}' does not go row by row`)
  return [height > 1 ? y : image, column, channel]
}
