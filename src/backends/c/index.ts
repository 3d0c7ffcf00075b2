import type { Backend, Sizes } from '../backend.ts'
import { callsOf } from '../buffers.ts'
import { collectConstants, constantBytes } from './constants.ts'
import { makeLayer } from './layers.ts'
import { printModule, workspaceBytes } from './module.ts'

/** One .c and one .h file, and a .bin file on request; see docs for what is in them. */
export const c = {
  name: 'c',
  lowering: {},
  print: printModule,
  measure: (plan): Sizes => {
    const constants = collectConstants(plan)
    const read = plan.steps.flatMap(callsOf).map(call => {
      const { layer, reads } = makeLayer(call, { plan, constants })
      const handed = layer.parameters.filter(({ buffer }) => buffer.place.kind === 'constant')
      return { call, symbols: new Set([...reads, ...handed.map(({ buffer }) => constants.symbolOf(buffer))]) }
    })
    const bytes = new Map(constants.all().map(constant => [constant.symbol, constantBytes(constant)]))
    return {
      constantBytes: sum([...bytes.values()]),
      workspaceBytes: workspaceBytes(plan),
      calls: read.map(({ call: { name, origin }, symbols }) => ({
        name,
        origin,
        constantBytes: sum([...symbols].map(symbol => bytes.get(symbol)!)),
      })),
    }
  },
} satisfies Backend

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
