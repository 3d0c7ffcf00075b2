import { describe, expect, it } from 'vitest'
import { arg, call, type Expr, number } from '../../../src/ir/expr.ts'
import type { Graph } from '../../../src/ir/graph.ts'
import { interpret } from '../../../src/ir/interpret.ts'
import { create, input } from '../../../src/ir/node.ts'
import { lower } from '../../../src/lower/index.ts'
import { compileC, hasCompiler, SANITIZED } from '../../c-runner.ts'
import { dyadicTensor } from '../../random-epilogues.ts'

describe.runIf(hasCompiler('gcc'))('more channels than are pooled together', () => {
  it.each([
    ['floats', arg(0)],
    ['bits', call('ge', arg(0), number(0.25))],
  ] as [string, Expr][])('%s', (_, epilogue) => {
    for (const channels of [40, 256, 530]) {
      const x = input('x', { dtype: 'f32', shape: [1, 3, 4, channels] })
      const window = { kernel: [3, 2], stride: [1, 2], dilation: [1, 1], padding: [1, 1, 1, 1] } as const
      const node = create('pool', [x], { ...window, kind: 'mean', counted: [0, 0, 0, 0], epilogue }, ['pool'])
      const graph: Graph = { name: 'pooled', inputs: [x], outputs: [{ name: 'y', node }] }
      const feeds = new Map([['x', dyadicTensor('f32', [1, 3, 4, channels], channels)]])
      const plan = lower(graph)
      const [sample] = compileC([plan], { flags: SANITIZED }).run(plan, [feeds])
      expect(sample!.outputs).toEqual(interpret(graph, feeds))
    }
  })
})
