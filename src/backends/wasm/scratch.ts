import { bytesInUse, placeBuffers } from '../../plan/arena.ts'
import type { Call, Plan, Step } from '../../plan/plan.ts'
import { rowsAtOnce } from '../../plan/strips.ts'
import { prices as measured } from './costs.ts'
import { borderBytes, isDeferred } from './layers/convolution.ts'
import { type Prices, weighTables } from './layers/tiles.ts'

/** Bytes that every layer may have beside what the largest moment of the network needs anyway: about an L1 cache. */
const ROOM = 40 * 1024

/** The same plan, where calls that compute in memory of their own have it in the workspace, for as long as they run. */
export function withScratch(plan: Plan, prices: Prices = measured): Plan {
  const inUse = bytesInUse(plan.steps)
  const steps = plan.steps.map((step): Step => {
    const given = <C extends Call>(call: C): C => {
      const length = scratchBytes(step, call, prices, plan.workspaceBytes + ROOM - inUse.get(call.name)!)
      const place = { kind: 'workspace', offset: 0 } as const
      return length > 0 ? { ...call, scratch: { name: `${call.name}_scratch`, element: 'u8', length, place } } : call
    }
    return step.kind === 'call'
      ? { kind: 'call', call: given(step.call) }
      : { ...step, producer: given(step.producer), consumer: given(step.consumer) }
  })
  return { ...plan, ...placeBuffers(steps) }
}

function scratchBytes(step: Step, call: Call, prices: Prices, room: number): number {
  if (call.kernel === 'binaryConv2d') {
    const { tile } = weighTables(call.params, rowsAtOnce(step, call), room, prices)
    return tile ? tile.parts.end : deferredBytes(call)
  }
  if (call.kernel !== 'conv2d' && call.kernel !== 'integerConv2d') return 0
  return borderBytes(call.params, call.buffers.x.element === 'u8') + deferredBytes(call)
}

/** Sums of a row that are stored later. */
const deferredBytes = ({ params, store }: Call<'conv2d' | 'binaryConv2d' | 'integerConv2d'>): number =>
  isDeferred(params, store) ? 4 * params.outWidth * params.filters : 0
