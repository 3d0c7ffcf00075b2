import { CompileError } from '../ir/diagnostic.ts'
import { diagnostics } from '../ir/diagnostics.ts'
import { LARGEST_BYTES } from '../ir/size-limit.ts'
import { bytesOf } from '../plan/arena.ts'
import { callReads, callsOf } from '../plan/buffers.ts'
import type { Plan } from '../plan/plan.ts'

/** Refuses a network whose values fit each, but not all of them together; names the node with the largest result. */
export function refuseHugePlan({ inputs, outputs, constants, steps, workspaceBytes }: Plan): void {
  const given = [...inputs.map(({ buffer }) => buffer), ...outputs.map(({ buffer }) => buffer), ...constants]
  const bytes = given.reduce((sum, buffer) => sum + bytesOf(buffer), workspaceBytes)
  if (bytes <= LARGEST_BYTES) return
  const size = (call: ReturnType<typeof callsOf>[number]) =>
    Math.max(...[call.y, ...callReads(call)].map(buffer => bytesOf(buffer)))
  const calls = steps.flatMap(callsOf)
  const worst = calls.reduce((a, b) => (size(b) > size(a) ? b : a), calls[0]!)
  const node = worst?.origin.at(-1) ?? outputs[0]?.name ?? '?'
  throw new CompileError(
    diagnostics.tooLarge({ node }, `takes part in a network that needs ${bytes} bytes at once`, LARGEST_BYTES),
  )
}
