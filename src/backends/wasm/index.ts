import { callsOf } from '../../plan/buffers.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Backend, Sizes, SourceFile } from '../backend.ts'
import { assemble, withDataText } from './assemble.ts'
import { printLoader } from './loader.ts'
import { printModule, type WasmOptions } from './module.ts'

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
  const module = printModule(plan, options)
  const segments = module.scope.segments()
  const bytes = await assemble(plan.name, module.text, segments)
  return [
    ...(options.inline ? [] : [{ path: `${plan.name}.wasm`, content: bytes }]),
    ...printLoader(plan, module, options, bytes),
    ...(options.wat ? [{ path: `${plan.name}.wat`, content: withDataText(module.text, segments) }] : []),
  ]
}
