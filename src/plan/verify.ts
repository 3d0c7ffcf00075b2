import { tailMask, wordsFor } from '../ir/bits.ts'
import { InternalError } from '../ir/diagnostic.ts'
import { ALIGNMENT, bytesOf, lifetimesOf, mayReplace } from './arena.ts'
import { callReads, callsOf, readsOf, writesOf } from './buffers.ts'
import { type Extent, extentsOf } from './extents.ts'
import type { WindowParams } from './kernels.ts'
import { isLegalName } from './names.ts'
import type { Buffer, Plan, Step } from './plan.ts'
import { rowsKept } from './strips.ts'

/**
 * Checks what every backend relies on; throws an InternalError that names the first broken rule.
 *  1 names are legal identifiers and unique, whatever their case
 *  2 buffers are as long as their kernels' parameters say, and nothing reaches outside
 *  3 unused high bits of packed constants are zero
 *  4 a buffer is written before it is read; outputs are written; inputs and constants are not
 *  5 the workspace holds its buffers, aligned; those alive together do not overlap
 *  6 a strip's ring is what its producer writes and its consumer reads, and has the rows of one window; what follows
 *    goes by the consumer's rows, one at a time
 */
export function verifyPlan(plan: Plan): void {
  checkNames(plan)
  for (const step of plan.steps) {
    for (const call of callsOf(step))
      for (const extent of extentsOf(call)) {
        checkExtent(call.name, extent)
        checkTails(call.name, extent)
      }
    if (step.kind === 'strip') checkStrip(step)
  }
  checkOrder(plan)
  checkWorkspace(plan)
}

const fail = (rule: number, what: string): never => {
  throw new InternalError('lower', `plan rule ${rule}: ${what}`, '')
}

function checkNames({ name, inputs, outputs, steps }: Plan): void {
  const buffers = new Set([...[...inputs, ...outputs].map(({ buffer }) => buffer), ...steps.flatMap(allBuffers)])
  const names = [...[...buffers].map(buffer => buffer.name), ...steps.flatMap(callsOf).map(call => call.name)]
  const taken = new Set<string>()
  for (const each of [name, ...names]) if (!isLegalName(each)) fail(1, `'${each}' is no legal name`)
  for (const each of names) {
    if (taken.has(each.toLowerCase())) fail(1, `'${each}' stands for two things`)
    taken.add(each.toLowerCase())
  }
}

const allBuffers = (step: Step): Buffer[] => [...readsOf(step), ...writesOf(step)]

function checkExtent(call: string, { role, buffer, length, exact }: Extent): void {
  if (length < 0) fail(2, `${call} reaches below ${role} '${buffer.name}'`)
  if (exact ? buffer.length !== length : buffer.length < length)
    fail(2, `${call} wants ${length} of ${role} '${buffer.name}', which has ${buffer.length}`)
  if (buffer.place.kind === 'constant' && buffer.place.data.length !== buffer.length)
    fail(2, `constant '${buffer.name}' has ${buffer.place.data.length} values, says ${buffer.length}`)
}

function checkTails(call: string, { buffer, channels }: Extent): void {
  if (buffer.place.kind !== 'constant' || buffer.element !== 'u32' || channels === undefined) return
  const { data } = buffer.place
  const words = wordsFor(channels)
  for (let last = words - 1; last < data.length; last += words)
    if ((data[last]! & ~tailMask(channels)) !== 0) fail(3, `${call} reads '${buffer.name}' with bits past ${channels}`)
}

function checkOrder({ inputs, outputs, steps }: Plan): void {
  const ready = new Set(inputs.map(({ buffer }) => buffer))
  for (const step of steps)
    for (const call of callsOf(step)) {
      for (const buffer of callReads(call))
        if (buffer.place.kind !== 'constant' && !ready.has(buffer))
          fail(4, `${call.name} reads '${buffer.name}' before it is written`)
      if (call.y.place.kind === 'input' || call.y.place.kind === 'constant')
        fail(4, `${call.name} writes '${call.y.name}'`)
      ready.add(call.y)
    }
  for (const { buffer } of outputs) if (!ready.has(buffer)) fail(4, `output '${buffer.name}' is never written`)
}

function checkWorkspace({ steps, workspaceBytes }: Plan): void {
  const ranges = [...lifetimesOf(steps)].map(([buffer, lifetime]) => {
    const start = buffer.place.kind === 'workspace' ? buffer.place.offset : 0
    const end = start + bytesOf(buffer)
    if (start % ALIGNMENT !== 0) fail(5, `'${buffer.name}' lies at ${start}`)
    if (start < 0 || end > workspaceBytes) fail(5, `'${buffer.name}' ends at ${end} of ${workspaceBytes}`)
    return { buffer, start, end, ...lifetime }
  })
  ranges.forEach((a, k) => {
    for (const b of ranges.slice(k + 1)) {
      const apart = a.end <= b.start || b.end <= a.start || a.last < b.first || b.last < a.first
      if (!apart && !handedOver(steps, a, b)) fail(5, `'${a.buffer.name}' and '${b.buffer.name}' overlap`)
    }
  })
}

type Range = { readonly buffer: Buffer; readonly start: number; readonly first: number; readonly last: number }

/** A map that reads `a` for the last time may write `b` over it. */
function handedOver(steps: readonly Step[], a: Range, b: Range): boolean {
  const step = steps[b.first]!
  if (a.last !== b.first || a.start !== b.start || step.kind !== 'call') return false
  return step.call.kernel === 'map' && step.call.y === b.buffer && mayReplace(step.call, a.buffer)
}

function checkStrip({ producer, consumer, followers }: Extract<Step, { kind: 'strip' }>): void {
  const [from, to] = [producer.params as WindowParams, consumer.params as WindowParams]
  if (!('x' in consumer.buffers) || consumer.buffers.x !== producer.y)
    fail(6, `${consumer.name} does not read what ${producer.name} writes`)
  if (from.outRing !== to.inRing)
    fail(6, `${producer.name} writes ${from.outRing} rows, ${consumer.name} reads ${to.inRing}`)
  if (to.inRing < rowsKept(to)) fail(6, `a ring of ${to.inRing} rows is too small for ${consumer.name}`)
  if (from.outHeight !== to.inHeight || from.images !== 1)
    fail(6, `${producer.name} and ${consumer.name} differ in rows`)
  const rings = new Set(to.outRing < to.outHeight ? [consumer.y] : [])
  for (const follower of followers) {
    const { sizes, rowsKept } = follower.params
    if (sizes[0] !== to.outHeight) fail(6, `${follower.name} goes by ${sizes[0]} rows of ${to.outHeight}`)
    if (rowsKept !== 1 && rowsKept !== sizes[0]) fail(6, `${follower.name} keeps ${rowsKept} rows`)
    if (rowsKept === 1) rings.add(follower.y)
    const operands = follower.store.operands.map(({ buffer, strides }) => [buffer, strides] as const)
    const own = follower.kernel === 'reduce' ? ([[follower.buffers.x, follower.params.strides]] as const) : []
    for (const [buffer, [row]] of [...own, ...operands])
      if (rings.has(buffer) && row !== 0) fail(6, `${follower.name} reads more than a row of '${buffer.name}'`)
  }
}
