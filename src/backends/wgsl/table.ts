import type { Buffer, Plan } from '../../plan/plan.ts'
import { joinParts, type Part } from '../print/binary-file.ts'
import type { Arranged, Binding, Data, Layer } from './layers/layer.ts'
import { dataOf } from './layers/value.ts'
import { assignSlots, bytesOnDevice } from './slots.ts'

/** A GPU buffer as the loader makes it. */
export interface DeviceBuffer {
  readonly name: string
  readonly kind: 'input' | 'output' | 'scratch' | 'constant' | 'faults'
  /** Of one sample; of everything for constants and faults. */
  readonly bytes: number
  /** In NAME.bin. */
  readonly offset?: number
}

/** All GPU buffers of a model, and which kernel sees which. */
export interface Table {
  readonly buffers: readonly DeviceBuffer[]
  /** Position of a binding's buffer. */
  readonly indexOf: (binding: Binding) => number
  /** NAME.bin; the first 16 bytes are zero, for the build. */
  readonly weights: Uint8Array
}

/** Constants start at multiples of this in NAME.bin, behind the build, which is as long. */
const ALIGNMENT = 16

export function makeTable(plan: Plan, layers: readonly Layer[], gathers: number): Table {
  const buffers: DeviceBuffer[] = []
  const places = new Map<Buffer | string, number>()
  const put = (buffer: DeviceBuffer, ...keys: (Buffer | string)[]) => {
    for (const key of keys) places.set(key, buffers.length)
    buffers.push(buffer)
  }
  for (const kind of ['input', 'output'] as const)
    for (const { buffer } of kind === 'input' ? plan.inputs : plan.outputs)
      put({ name: buffer.name, kind, bytes: bytesOnDevice(buffer) }, buffer)
  for (const { name, bytes, buffers: shared } of assignSlots(plan)) put({ name, kind: 'scratch', bytes }, ...shared)
  const parts: Part[] = []
  let end = ALIGNMENT
  for (const { source } of layers.flatMap(({ bindings }) => bindings)) {
    const constant = constantOf(source)
    if (!constant || places.has(constant.key)) continue
    const offset = end
    end += Math.ceil(constant.data.byteLength / ALIGNMENT) * ALIGNMENT
    put({ name: constant.name, kind: 'constant', bytes: end - offset, offset }, constant.key)
    parts.push({ offset, data: constant.data })
  }
  if (gathers > 0) put({ name: 'faults', kind: 'faults', bytes: 4 * gathers }, 'faults')
  return {
    buffers,
    indexOf: ({ source }) => {
      const place = places.get(source === 'faults' ? source : (constantOf(source)?.key ?? (source as Buffer)))
      if (place === undefined) throw new Error('a kernel reads a buffer that nothing makes')
      return place
    },
    weights: joinParts(parts, end),
  }
}

function constantOf(source: Buffer | Arranged | 'faults'): { key: string; name: string; data: Data } | undefined {
  if (source === 'faults') return undefined
  if ('key' in source) return { key: `arranged ${source.key}`, name: source.key, data: source.data }
  if (source.place.kind !== 'constant') return undefined
  return { key: `plain ${source.name}`, name: source.name, data: dataOf(source) }
}
