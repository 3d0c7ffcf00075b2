import { callsOf } from '../../plan/buffers.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Backend, PrintOptions, Sizes, SourceFile } from '../backend.ts'
import { assemble, withDataText } from './assemble.ts'
import { printLoader } from './loader.ts'
import { printModule } from './module.ts'

export interface WasmOptions extends PrintOptions {
  /** Exports every step as a function of its own, for measuring. */
  readonly steps?: boolean
}

/** NAME.wasm, NAME.js and NAME.d.ts; see docs for what is in them. */
export const wasm: Backend = {
  name: 'wasm',
  lowering: { strips: true },
  print: (plan, options) => printWasm(plan, options),
  measure: (plan): Sizes => {
    const { scope, calls } = printModule(plan, { version: '' })
    const constants = scope.segments().reduce((sum, { bytes }) => sum + bytes.length, 0)
    return {
      constantBytes: constants,
      // Inputs, outputs and what kernels keep for themselves are in the module's memory too.
      workspaceBytes: scope.size() - constants,
      calls: plan.steps.flatMap(callsOf).map(({ name, origin }, k) => ({ name, origin, ...calls[k]! })),
    }
  },
}

export async function printWasm(plan: Plan, options: WasmOptions): Promise<SourceFile[]> {
  const module = printModule(plan, options, options.steps ?? options.trace)
  const segments = module.scope.segments()
  const bytes = await assemble(plan.name, module.text, segments)
  return [
    ...(options.inline ? [] : [{ path: `${plan.name}.wasm`, content: bytes }]),
    ...printLoader(plan, module, options, bytes),
    ...(options.wat ? [{ path: `${plan.name}.wat`, content: withDataText(module.text, segments) }] : []),
  ]
}
