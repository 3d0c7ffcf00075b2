import { ALIGNMENT, bytesOf } from '../../plan/arena.ts'
import type { Buffer, Plan } from '../../plan/plan.ts'
import { createModule, type Module } from '../module.ts'

type Data = Float32Array | Int32Array | Uint32Array | Uint8Array | Uint16Array

/** Bytes that the module starts with. */
export interface Segment {
  readonly name: string
  readonly address: number
  readonly bytes: Uint8Array
}

/** One module being printed: where everything lies in its memory, and which functions it has. */
export interface Scope extends Module {
  readonly plan: Plan
  /** Byte address of a buffer. A constant is placed where it is first asked for. */
  readonly addressOf: (buffer: Buffer) => number
  /** A constant in the arrangement that a kernel wants; its address. */
  readonly place: (name: string, data: Data) => number
  /** Memory that a kernel alone uses; its address. Zero at the start. */
  readonly reserve: (bytes: number) => number
  readonly segments: () => readonly Segment[]
  /** Bytes of memory in use so far, constants included. */
  readonly size: () => number
}

/** Inputs, outputs and the workspace come first, so that constants can be added while kernels are printed. */
export function createScope(plan: Plan): Scope {
  const addresses = new Map<Buffer, number>()
  const segments: Segment[] = []
  // The first bytes stay unused, so that no buffer lies at 0.
  let end = ALIGNMENT
  const reserve = (bytes: number): number => {
    const address = end
    end += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
    return address
  }
  for (const { buffer } of [...plan.inputs, ...plan.outputs])
    if (!addresses.has(buffer)) addresses.set(buffer, reserve(bytesOf(buffer)))
  const workspace = reserve(plan.workspaceBytes)
  const place = (name: string, data: Data): number => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    const address = reserve(bytes.length)
    segments.push({ name, address, bytes })
    return address
  }
  return {
    ...createModule(),
    plan,
    addressOf: buffer => {
      if (buffer.place.kind === 'workspace') return workspace + buffer.place.offset
      const known = addresses.get(buffer)
      if (known !== undefined) return known
      if (buffer.place.kind !== 'constant') throw new Error(`'${buffer.name}' is no port of the plan`)
      const address = place(buffer.name, buffer.place.data)
      addresses.set(buffer, address)
      return address
    },
    place,
    reserve,
    segments: () => segments,
    size: () => end,
  }
}
