import type { Plan } from '../../plan/plan.ts'
import type { Backend, PrintOptions, Sizes } from '../backend.ts'
import { constantBytes as bytesOf } from './constants/index.ts'
import { printModule, workspaceBytes } from './module.ts'
import { makeUnit } from './unit.ts'

export { conditionOf, constantOf, type InstructionSet, isasOf, targetOf } from './isa/index.ts'
export { printModule } from './module.ts'
export { cType } from './names.ts'
export { makeUnit, type Unit, workspaceBuffers } from './unit.ts'

/** One .c and one .h file, and a .bin file on request; see docs for what is in them. */
export const c = {
  name: 'c',
  lowering: { chains: true, joins: true },
  print: (plan: Plan, options: PrintOptions) => printModule(makeUnit(plan, options), options),
  measure: (plan): Sizes => {
    const { calls, scope } = makeUnit(plan, {})
    const { constants } = scope
    const bytes = new Map(constants.all().map(constant => [constant.symbol, bytesOf(constant)]))
    const counted = new Set<string>()
    return {
      constantBytes: sum([...bytes.values()]),
      workspaceBytes: workspaceBytes(plan),
      calls: calls.map(({ call: { name, origin }, made: { layer, reads } }) => {
        const handed = layer.parameters.filter(({ buffer }) => buffer.place.kind === 'constant')
        const symbols = new Set([...reads, ...handed.map(({ buffer }) => constants.symbolOf(buffer))])
        const own = [...symbols].filter(symbol => !counted.has(symbol))
        for (const symbol of own) counted.add(symbol)
        const { strategies } = layer
        const constantBytes = sum(own.map(symbol => bytes.get(symbol)!))
        return { name, origin, constantBytes, ...(strategies ? { strategies } : {}) }
      }),
    }
  },
} satisfies Backend

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
