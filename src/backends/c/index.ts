import type { Backend, Sizes, SourceFile } from '../backend.ts'
import { callsOf } from '../buffers.ts'
import type { Call } from '../plan.ts'
import { collectConstants, constantBytes } from './constants.ts'
import type { Scope } from './layer.ts'
import { layerOf } from './layers.ts'
import { printHeader, printModule, workspaceBytes } from './module.ts'

/** One .c and one .h file; see docs for what is in them. */
export const c = {
  name: 'c',
  lowering: {},
  print: (plan, options): readonly SourceFile[] => [
    { path: `${plan.name}.c`, content: printModule(plan, options) },
    { path: `${plan.name}.h`, content: printHeader(plan, options) },
  ],
  measure: (plan): Sizes => {
    const calls = plan.steps.flatMap(callsOf).map(call => {
      const scope = { plan, constants: collectConstants(plan) }
      collect(call, scope)
      return { name: call.name, origin: call.origin, constantBytes: sum(scope.constants.all().map(constantBytes)) }
    })
    const scope = { plan, constants: collectConstants(plan) }
    for (const call of plan.steps.flatMap(callsOf)) collect(call, scope)
    return {
      constantBytes: sum(scope.constants.all().map(constantBytes)),
      workspaceBytes: workspaceBytes(plan),
      calls,
    }
  },
} satisfies Backend

/** Makes a layer only to see which constants it reads, those that are handed to it among them. */
function collect(call: Call, scope: Scope): void {
  for (const { buffer } of layerOf(call, scope).parameters)
    if (buffer.place.kind === 'constant') scope.constants.symbolOf(buffer)
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
