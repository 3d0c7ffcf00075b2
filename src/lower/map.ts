import { extrasOf, type Reducing } from '../ir/epilogue.ts'
import { arg, argsOf, isArg, substitute } from '../ir/expr.ts'
import type { Node } from '../ir/node.ts'
import type { Buffer, Call } from '../plan/plan.ts'
import { collapse } from './collapse.ts'
import { type Draft, makeCall } from './draft.ts'
import { makeStore, readStrides } from './store.ts'

/** A threshold that is always met, say: what the op accumulates is never read. */
export const ignoresAccumulator = (node: Node): node is Reducing =>
  'epilogue' in node.attrs && !argsOf(node.attrs.epilogue).includes(0)

/** The epilogue alone, without the op that nobody asks. */
export function lowerEpilogue(node: Reducing, draft: Draft): Call[] {
  const expr = substitute(node.attrs.epilogue, index => arg(index - 1))
  return mapCalls(node, expr, extrasOf(node), draft)
}

export const lowerMap = (node: Node<'map'>, draft: Draft): Call[] =>
  mapCalls(node, node.attrs.expr, node.operands, draft)

/** Packed words are stored as they are, so any other epilogue is a map of its own. */
export function thenMap(node: Node<'pool' | 'reduce'>, draft: Draft, calls: (y: Buffer) => Call[]): Call[] {
  const [, ...extras] = node.operands
  const { epilogue } = node.attrs
  if (isArg(epilogue, 0)) return calls(draft.bufferOf(node))
  const type = { dtype: 'bit', shape: node.type.shape } as const
  const part = draft.temporary(node, type)
  const own: Node = { ...node, type } as Node
  const inner: Draft = { ...draft, bufferOf: wanted => (wanted === own ? part : draft.bufferOf(wanted)) }
  return [...calls(part), ...mapCalls(node, epilogue, [own, ...extras], inner)]
}

function mapCalls(node: Node, expr: Node<'map'>['attrs']['expr'], operands: readonly Node[], draft: Draft): Call[] {
  // Rank 0 is one row of one element.
  const rank1 = ({ dtype, shape }: Node['type']) => ({ dtype, shape: shape.length === 0 ? [1] : shape })
  const result = rank1(node.type)
  const strides = operands.map(operand => readStrides(rank1(operand.type), result.shape))
  const bits = result.dtype === 'bit' || operands.some(operand => operand.type.dtype === 'bit')
  const loops = collapse({ sizes: result.shape, strides }, bits)
  const store = makeStore(node, undefined, expr, operands, draft, operand => loops.strides[operands.indexOf(operand)]!)
  const at = { name: draft.nameOf(node, node.op === 'map' ? undefined : 'map'), origin: node.origin }
  return [makeCall('map', at, {}, { sizes: loops.sizes }, draft.bufferOf(node), store)]
}
