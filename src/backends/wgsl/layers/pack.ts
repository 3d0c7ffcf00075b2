import { makeCall } from '../../../lower/draft.ts'
import type { Operand } from '../../../plan/kernels.ts'
import type { Buffer, Call, Plan, Step } from '../../../plan/plan.ts'

/** Storage buffers that every WebGPU device offers to one kernel. */
export const MOST_BINDINGS = 8

export interface Packed {
  readonly plan: Plan
  /** Where operands start in the buffer that they were packed into, in words. */
  readonly offsets: ReadonlyMap<Operand, number>
}

/**
 * A kernel that would read more values than it may bind gets them in one buffer, which copies fill before it. Its
 * constants need none of this: they are joined where the kernel is printed.
 */
export function packOperands(plan: Plan): Packed {
  const offsets = new Map<Operand, number>()
  const steps = plan.steps.flatMap((step): Step[] => {
    if (step.kind !== 'call' || !isTooMany(step.call)) return [step]
    const { copies, call } = withPacked(step.call, offsets)
    return [...copies, call].map(each => ({ kind: 'call', call: each }))
  })
  return { plan: { ...plan, steps }, offsets }
}

const isConstant = ({ place }: Buffer): boolean => place.kind === 'constant'

/** What a call binds besides the operands of its store. */
export const ownBindings = ({ buffers }: Call): number => new Set(Object.values<Buffer>(buffers)).size + 1

function isTooMany(call: Call): boolean {
  const bound = new Set(call.store.operands.map(({ buffer }) => buffer))
  const values = [...bound].filter(buffer => !isConstant(buffer)).length
  return values + (values < bound.size ? 1 : 0) + ownBindings(call) > MOST_BINDINGS
}

function withPacked(call: Call, offsets: Map<Operand, number>): { copies: Call[]; call: Call } {
  const values = [...new Set(call.store.operands.map(({ buffer }) => buffer))].filter(buffer => !isConstant(buffer))
  const starts = new Map<Buffer, number>()
  let length = 0
  for (const buffer of values) {
    starts.set(buffer, length)
    length += buffer.length
  }
  const name = `${call.name}_operands`
  const arena: Buffer = { name, element: 'u32', length, place: { kind: 'workspace', offset: 0 } }
  const copies = values.map((x, k) => {
    const params = { sizes: [x.length], from: 0, fromStrides: [1], to: starts.get(x)!, toStrides: [1] }
    return makeCall('copy', { name: `${name}_${k}`, origin: call.origin }, { x }, params, arena)
  })
  const operands = call.store.operands.map(operand => {
    const start = starts.get(operand.buffer)
    if (start === undefined) return operand
    const packed = { ...operand, buffer: arena }
    offsets.set(packed, start)
    return packed
  })
  return { copies, call: { ...call, store: { ...call.store, operands } } }
}
