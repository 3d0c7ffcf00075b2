import { describe, expect, it } from 'vitest'
import { c } from '../../../src/backends/c/index.ts'
import { arg, call, type Expr, number } from '../../../src/ir/expr.ts'
import { interpret } from '../../../src/ir/interpret.ts'
import { constant, create, input } from '../../../src/ir/node.ts'
import { lower } from '../../../src/lower/index.ts'
import { compileC, hasCompiler, SANITIZED } from '../../c-runner.ts'
import { dyadicTensor, graphOf } from '../../random-epilogues.ts'

const window = { stride: [1, 1], dilation: [1, 1], padding: [0, 0, 0, 0] } as const

/** More than 1 MB of weights, and an odd number of blocks of 16 filters. */
const floatLayer = (name: string, epilogue: Expr = arg(0)) => {
  const x = input('x', { dtype: 'f32', shape: [1, 5, 3, 1100] })
  const weights = constant(dyadicTensor('f32', [266, 1, 1, 1100], 5), ['weights'])
  const attrs = { ...window, stride: [2, 2], groups: 1, epilogue } as const
  return graphOf(name, [x], [create('conv2d', [x, weights], attrs, ['layer'])])
}

/** A dense layer of bits whose images share weights. */
const bitLayer = (name: string, epilogue: Expr = arg(0)) => {
  const x = input('x', { dtype: 'f32', shape: [3, 1, 1, 8200] })
  const bits = create('map', [x], { expr: call('ge', arg(0), number(0)) }, ['sign'])
  const weights = constant(dyadicTensor('bit', [1046, 1, 1, 8200], 7), ['weights'])
  return graphOf(name, [x], [create('binaryConv2d', [bits, weights], { ...window, groups: 1, epilogue }, ['layer'])])
}

const cases = [
  floatLayer('floats'),
  floatLayer('signs_of_floats', call('ge', arg(0), number(3))),
  bitLayer('sums'),
  bitLayer('bits', call('ge', call('float', arg(0)), number(3))),
]
const plans = cases.map(graph => lower(graph, c.lowering))

describe.runIf(hasCompiler('gcc'))('weights that no near cache holds', { timeout: 240_000 }, () => {
  it.each(plans.map(plan => [plan.name, plan] as const))('%s: each block of filters takes all rows', (_, plan) => {
    const [source] = c.print(plan, { version: 'test' })
    expect(source!.content).toMatch(/for \(int block = 0; block < \d+; block\+\+\) \{\n {4}for \(int row = first_row;/)
  })

  it.each([
    ['with sanitizers', { flags: SANITIZED, isa: [] }],
    ['-O3', { flags: ['-O3'] }],
  ] as const)('equal the interpreter: %s', (_, settings) => {
    const program = compileC(plans, { ...settings, constants: 'file' })
    cases.forEach((graph, k) => {
      const feeds = new Map([['x', dyadicTensor('f32', graph.inputs[0]!.type.shape, 3)]])
      const [sample] = program.run(plans[k]!, [feeds])
      expect(sample!.outputs, graph.name).toEqual(interpret(graph, feeds))
    })
  })
})
