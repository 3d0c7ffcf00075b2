import type { Buffer, Call, Follower, Step } from './plan.ts'

export const callsOf = (step: Step): readonly Call[] =>
  step.kind === 'call' ? [step.call] : [step.producer, step.consumer, ...step.followers]

/** Buffers that a call reads: its named ones and the operands of its store. */
export const callReads = (call: Call): Buffer[] => [
  ...Object.values<Buffer>(call.buffers),
  ...call.store.operands.map(({ buffer }) => buffer),
]

/** Buffers that a step reads, the ring of a strip among them. */
export const readsOf = (step: Step): Buffer[] => callsOf(step).flatMap(callReads)

/** Buffers that a step writes, scratch among them. */
export const writesOf = (step: Step): Buffer[] =>
  callsOf(step).flatMap(({ y, scratch }) => (scratch ? [y, scratch] : [y]))

/** The same step on other buffers. */
export function mapBuffers(step: Step, change: (buffer: Buffer) => Buffer): Step {
  const inCall = (call: Call): Call =>
    ({
      ...call,
      buffers: Object.fromEntries(Object.entries<Buffer>(call.buffers).map(([name, buffer]) => [name, change(buffer)])),
      y: change(call.y),
      ...(call.scratch ? { scratch: change(call.scratch) } : {}),
      store: {
        ...call.store,
        operands: call.store.operands.map(operand => ({ ...operand, buffer: change(operand.buffer) })),
      },
    }) as Call
  return step.kind === 'call'
    ? { kind: 'call', call: inCall(step.call) }
    : {
        kind: 'strip',
        producer: inCall(step.producer),
        consumer: inCall(step.consumer),
        followers: step.followers.map(call => inCall(call) as Follower),
      }
}
