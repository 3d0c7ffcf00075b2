import { ALIGNMENT, bytesOf } from '../../plan/arena.ts'
import { callsOf, readsOf, writesOf } from '../../plan/buffers.ts'
import type { Buffer, Call, Plan } from '../../plan/plan.ts'
import { rowsAtOnce } from '../../plan/strips.ts'
import { createModule, type Module } from '../module.ts'
import { prices as measured } from './costs.ts'
import type { Prices } from './layers/tiles.ts'

type Data = Float32Array | Int32Array | Int16Array | Int8Array | Uint32Array | Uint8Array

/** Bytes that the module starts with. */
export interface Segment {
  readonly name: string
  readonly address: number
  readonly bytes: Uint8Array
}

/** One module being printed: where everything lies in its memory, and which functions it has. */
export interface Scope extends Module {
  readonly plan: Plan
  /** Whether the module may have instructions of relaxed SIMD. */
  readonly relaxed: boolean
  /** By which a way to compute a layer is chosen. */
  readonly prices: Prices
  /** Byte address of a buffer. A constant is placed where it is first asked for. */
  readonly addressOf: (buffer: Buffer) => number
  /** A constant in the arrangement that a kernel wants; its address. */
  readonly place: (name: string, data: Data) => number
  /** Memory that keeps what is made of constants when the module starts; its address. */
  readonly reserve: (bytes: number) => number
  /** Where the memory is that a call alone uses while it runs. */
  readonly scratchOf: (call: Call) => number
  /** How many rows a call is asked for at a time. */
  readonly turnsOf: (call: Call) => readonly number[]
  /** Says that vectors are read up to this address: memory must not end before. */
  readonly readUpTo: (address: number) => void
  readonly readEnd: () => number
  readonly segments: () => readonly Segment[]
  /** Bytes of memory in use so far, constants included. */
  readonly size: () => number
}

/** Inputs, outputs and the workspace come first, so that constants can be added while kernels are printed. */
export function createScope(
  plan: Plan,
  { relaxed = false, prices = measured }: Partial<Pick<Scope, 'relaxed' | 'prices'>> = {},
): Scope {
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
  // By name: a buffer of the plan that was given lies where its namesake was placed beside scratch memory.
  const offsets = new Map(
    plan.steps
      .flatMap(step => [...readsOf(step), ...writesOf(step)])
      .flatMap(({ name, place }) => (place.kind === 'workspace' ? [[name, place.offset] as const] : [])),
  )
  let readEnd = 0
  const addressOf = (buffer: Buffer): number => {
    if (buffer.place.kind === 'workspace') return workspace + offsets.get(buffer.name)!
    const known = addresses.get(buffer)
    if (known !== undefined) return known
    if (buffer.place.kind !== 'constant') throw new Error(`'${buffer.name}' is no port of the plan`)
    const address = place(buffer.name, buffer.place.data)
    addresses.set(buffer, address)
    return address
  }
  return {
    ...createModule(),
    plan,
    relaxed,
    prices,
    addressOf,
    scratchOf: ({ name, scratch }) => {
      if (!scratch) throw new Error(`'${name}' has no scratch memory`)
      return addressOf(scratch)
    },
    turnsOf: call => rowsAtOnce(plan.steps.find(step => callsOf(step).includes(call))!, call),
    readUpTo: address => {
      readEnd = Math.max(readEnd, address)
    },
    readEnd: () => readEnd,
    place,
    reserve,
    segments: () => segments,
    size: () => end,
  }
}
