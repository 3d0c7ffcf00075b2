import type { SourceFile } from '../src/backends/backend.ts'
import { createScope } from '../src/backends/wasm/scope.ts'
import type { Plan, Port } from '../src/plan/plan.ts'
import { bytesOfTensor, bytesOfType, tensorOfBytes } from '../src/run/memory.ts'
import type { Feeds } from './protocol.ts'

/** A generated module in this thread. */
export interface Program {
  readonly plan: Plan
  /** Puts values where the module reads them, runs it, and takes its outputs; undefined where an index is out of range. */
  readonly run: (feeds: Feeds) => Feeds | undefined
  /** Runs it once more on the same values. */
  readonly again: () => void
}

/** The module without its loader, whose text the page's policy does not let run. */
export async function openProgram(plan: Plan, files: readonly SourceFile[]): Promise<Program> {
  const bytes = files.find(({ path }) => path.endsWith('.wasm'))!.content as Uint8Array<ArrayBuffer>
  const { instance } = await WebAssembly.instantiate(bytes)
  const { memory, run } = instance.exports as { memory: WebAssembly.Memory; run: () => number }
  // Where a printed module has its ports follows from its plan.
  const { addressOf } = createScope(plan)
  const at = (port: Port) => new Uint8Array(memory.buffer, addressOf(port.buffer), bytesOfType(port))
  return {
    plan,
    run: feeds => {
      for (const port of plan.inputs) at(port).set(bytesOfTensor(feeds.get(port.name)!))
      return run() === 0 ? new Map(plan.outputs.map(port => [port.name, tensorOfBytes(port, at(port))])) : undefined
    },
    again: run,
  }
}
