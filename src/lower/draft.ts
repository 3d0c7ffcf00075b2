import { packBits, packedRows } from '../ir/bits.ts'
import type { Node } from '../ir/node.ts'
import { elements, type TensorType } from '../ir/tensor.ts'
import type { KernelName, Kernels, Store } from '../plan/kernels.ts'
import type { Namer } from '../plan/names.ts'
import type { Buffer, Call, Element } from '../plan/plan.ts'

/** What lowering an op may ask for. Workspace buffers have no offset yet: the arena gives it. */
export interface Draft {
  /** Buffer of a value that was lowered before, or of the node itself. */
  readonly bufferOf: (node: Node) => Buffer
  /** A workspace buffer for something between two calls of one op. */
  readonly temporary: (node: Node, type: TensorType) => Buffer
  /** A constant that the graph does not have. */
  readonly constant: (node: Node, role: string, data: Uint32Array) => Buffer
  /** A name for a call made for this node. */
  readonly nameOf: (node: Node, role?: string) => string
}

/** How values of this type lie in memory. */
export function storageOf({ dtype, shape }: TensorType): { element: Element; length: number } {
  if (dtype !== 'bit') return { element: dtype, length: elements(shape) }
  const { rows, words } = packedRows(shape)
  return { element: 'u32', length: rows * words }
}

/** A buffer for a constant node, in its neutral packed form. */
export function constantBuffer(name: string, { attrs: { value } }: Node<'constant'>): Buffer {
  if (value.dtype === 'i64' || value.dtype === 'i8')
    throw new Error(`constant '${name}' is ${value.dtype}; such constants are kept as i32`)
  const data =
    value.dtype === 'bit' ? packBits(value) : (value.values as Exclude<typeof value.values, BigInt64Array | Int8Array>)
  return { name, ...storageOf(value), place: { kind: 'constant', data } }
}

/** The ONNX node that a value is named after. */
export const titleOf = (node: Node): string => node.origin[0] ?? node.op

export function createDraft(take: Namer, buffers: ReadonlyMap<Node, Buffer>): Draft {
  return {
    bufferOf: node => {
      const buffer = buffers.get(node)
      if (!buffer) throw new Error(`${node.op} '${titleOf(node)}' has no buffer yet`)
      return buffer
    },
    temporary: (node, type) => ({
      name: take(`${titleOf(node)}_part`, node.op),
      ...storageOf(type),
      place: { kind: 'workspace', offset: 0 },
    }),
    constant: (node, role, data) => ({
      name: take(`${titleOf(node)}_${role}`, node.op, 'constant'),
      element: 'u32',
      length: data.length,
      place: { kind: 'constant', data },
    }),
    nameOf: (node, role) => take(role ? `${titleOf(node)}_${role}` : titleOf(node), node.op),
  }
}

/** The only maker of calls. */
export function makeCall<K extends KernelName>(
  kernel: K,
  { name, origin }: { readonly name: string; readonly origin: readonly string[] },
  buffers: Kernels[K]['buffers'],
  params: Kernels[K]['params'],
  y: Buffer,
  store: Store = identityStore(y),
): Call {
  return { kernel, name, origin, buffers, params, y, store } as unknown as Call
}

/** Stores the accumulator as it is; packed words are moved as they are. */
export const identityStore = ({ element }: Buffer): Store => {
  const dtype = element === 'u32' ? 'bit' : element
  return { kind: 'value', expr: { fn: 'arg', index: 0 }, accumulator: dtype, operands: [], result: dtype, wraps: false }
}
