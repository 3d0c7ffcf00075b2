import type { SourceFile } from '../backends/backend.ts'
import { printModule } from '../backends/wasm/module.ts'
import { bytesOf as sizeOf } from '../plan/arena.ts'
import { callsOf } from '../plan/buffers.ts'
import type { Buffer, Plan } from '../plan/plan.ts'
import { importFiles, loaderFeeds, loaderOutputs, type TypedArray } from './files.ts'
import { bytesOfTensor } from './memory.ts'
import type { Feeds, Piece, Program, Run, Runner } from './runner.ts'
import { ToolError } from './tool-error.ts'

interface Loader {
  readonly load: (options: {
    readonly allowNaN: boolean
  }) => Promise<{ readonly run: (feeds: Record<string, TypedArray>) => Record<string, TypedArray> }>
}

/**
 * Runs a generated module in this process: through its loader, as users do; with the trace step by step, and reads what
 * each step left in memory. Rows of a strip are overwritten, so that the traced module has none: it has the same
 * kernels on whole images, and its outputs must be those of the module that users get.
 */
export const createWasmRunner = (): Runner => ({
  target: 'wasm',
  tracedLowering: { strips: false },
  build: async (files, plan, { trace }) => {
    try {
      return await (trace ? buildTraced : buildLoader)(files, plan)
    } catch (error) {
      // Node 20 has no relaxed SIMD.
      throw new ToolError(`this engine does not take the module: ${(error as Error).message}`)
    }
  },
})

async function buildLoader(files: readonly SourceFile[], plan: Plan): Promise<Program> {
  const { loader, dispose } = await importFiles<Loader>(plan, files)
  const model = await loader.load({ allowNaN: true })
  const run = (feeds: Feeds): Run => {
    try {
      return { status: 0, outputs: loaderOutputs(plan, model.run(loaderFeeds(plan, feeds))), trace: [] }
    } catch (error) {
      if (error instanceof RangeError) return { status: 1, outputs: new Map(), trace: [] }
      throw new ToolError(`the generated code crashed: ${(error as Error).message}`)
    }
  }
  return { dispose, run: async feeds => feeds.map(run) }
}

async function buildTraced(files: readonly SourceFile[], plan: Plan): Promise<Program> {
  const module = files.find(({ path }) => path.endsWith('.wasm'))!.content as Uint8Array
  const { exports } = await WebAssembly.instantiate(await WebAssembly.compile(module.slice()))
  const memory = exports.memory as unknown as { readonly buffer: ArrayBuffer }
  // Where a printed module has its buffers follows from its plan.
  const { addressOf } = printModule(plan, { version: '' }).scope
  const bytesAt = (buffer: Buffer) => new Uint8Array(memory.buffer, addressOf(buffer), sizeOf(buffer)).slice()
  const run = (feeds: Feeds): Run => {
    for (const { name, buffer } of plan.inputs)
      new Uint8Array(memory.buffer).set(bytesOfTensor(feeds.get(name)!), addressOf(buffer))
    const trace: Piece[] = []
    let status = 0
    for (const [k, step] of plan.steps.entries()) {
      status = (exports[`step${k}`] as () => number)()
      if (status !== 0) break
      // A value that several steps fill is seen after the last of them.
      for (const { y } of callsOf(step)) {
        const isLast = plan.steps.slice(k + 1).every(later => callsOf(later).every(call => call.y !== y))
        if (isLast) trace.push({ name: y.name, offset: 0, bytes: bytesAt(y) })
      }
    }
    const results = plan.outputs.map(({ name, buffer }) => [name, bytesAt(buffer)] as const)
    return { status, outputs: loaderOutputs(plan, Object.fromEntries(results)), trace }
  }
  return { dispose: async () => {}, run: async feeds => feeds.map(run) }
}
