import { describe, expect, it } from 'vitest'
import { c } from '../../../src/backends/c/index.ts'
import { arg, call, number } from '../../../src/ir/expr.ts'
import { interpret } from '../../../src/ir/interpret.ts'
import { create, input } from '../../../src/ir/node.ts'
import { lower } from '../../../src/lower/index.ts'
import { compileC, hasCompiler, SANITIZED } from '../../c-runner.ts'
import { dyadicTensor, graphOf } from '../../random-epilogues.ts'

/** Sums and means of so many channels; those of 64 and more are added up in lanes. */
const cases = [63, 64, 77, 256].flatMap(channels =>
  (['sum', 'mean'] as const).map(kind => {
    const x = input('x', { dtype: 'f32', shape: [1, 5, 3, channels] })
    const attrs = { kind, axes: [3], epilogue: call('mul', arg(0), number(0.5)) }
    return graphOf(`${kind}_${channels}`, [x], [create('reduce', [x], attrs, ['long'])])
  }),
)

describe.runIf(hasCompiler('gcc'))('sums of many channels', { timeout: 240_000 }, () => {
  it.each([
    ['with sanitizers', { flags: SANITIZED, isa: [] }],
    ['-O3', { flags: ['-O3'] }],
  ] as const)('equal the interpreter: %s', (_, settings) => {
    const plans = cases.map(graph => lower(graph, c.lowering))
    const program = compileC(plans, settings)
    cases.forEach((graph, k) => {
      // Dyadic numbers add up to the same in any order; means of 63 and 77 are rounded once.
      const feeds = new Map([['x', dyadicTensor('f32', graph.inputs[0]!.type.shape, 3)]])
      const [sample] = program.run(plans[k]!, [feeds])
      expect(sample!.outputs, graph.name).toEqual(interpret(graph, feeds))
    })
  })
})
