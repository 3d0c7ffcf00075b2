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
    const { scope, constantBytes } = printModule(plan, { version: '' })
    const constants = scope.segments().reduce((sum, { bytes }) => sum + bytes.length, 0)
    return {
      constantBytes: constants,
      // Inputs, outputs and what kernels keep for themselves are in the module's memory too.
      workspaceBytes: scope.size() - constants,
      calls: plan.steps
        .flatMap(callsOf)
        .map(({ name, origin }, k) => ({ name, origin, constantBytes: constantBytes[k]! })),
    }
  },
}

export async function printWasm(plan: Plan, options: WasmOptions): Promise<SourceFile[]> {
  const { scope, text } = printModule(plan, options, options.steps ?? options.trace)
  const [bytes, types] = await Promise.all([assemble(plan.name, text, scope.segments()), printTypes(plan, options)])
  return [
    ...(options.inline ? [] : [{ path: `${plan.name}.wasm`, content: bytes }]),
    { path: `${plan.name}.js`, content: printLoader(plan, scope, options, options.inline ? bytes : undefined) },
    types,
    ...(options.wat ? [{ path: `${plan.name}.wat`, content: withDataText(text, scope.segments()) }] : []),
  ]
}

/** NAME.d.ts, typed for this model. ts-morph is loaded here: that takes half a second. */
async function printTypes(plan: Plan, options: PrintOptions): Promise<SourceFile> {
  const { printDeclarations } = await import('./declarations.ts')
  return { path: `${plan.name}.d.ts`, content: printDeclarations(plan, options) }
}
