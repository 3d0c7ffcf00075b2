import { describe, expect, it } from 'vitest'
import { isas } from '../../../src/backends/backend.ts'
import { arg, call } from '../../../src/ir/expr.ts'
import type { Graph } from '../../../src/ir/graph.ts'
import { interpret } from '../../../src/ir/interpret.ts'
import { constant, create, input } from '../../../src/ir/node.ts'
import { bits, f32 } from '../../../src/ir/tensor.ts'
import { lower } from '../../../src/lower/index.ts'
import { compileC, hasCompiler } from '../../c-runner.ts'
import { randomFeeds } from '../../random.ts'

const window = { stride: [1, 1], dilation: [1, 1], groups: 1 } as const

/** A binary convolution whose rows go through a ring to a float one, the last windows of which lie below the image. */
function belowTheImage(): Graph {
  const x = input('x', { dtype: 'bit', shape: [1, 10, 3, 40] })
  const signs = constant(
    bits(
      [16, 1, 1, 40],
      Array.from({ length: 640 }, (_, i) => ((i * 7) % 3) & 1),
    ),
    ['w1'],
  )
  const first = create(
    'binaryConv2d',
    [x, signs],
    { ...window, padding: [0, 0, 0, 0], epilogue: call('float', arg(0)) },
    ['first'],
  )
  const weights = constant(
    f32(
      [5, 2, 1, 16],
      Array.from({ length: 160 }, (_, i) => ((i % 9) - 4) / 4),
    ),
    ['w2'],
  )
  const second = create('conv2d', [first, weights], { ...window, padding: [0, 0, 5, 0], epilogue: arg(0) }, ['second'])
  return { name: 'below', inputs: [x], outputs: [{ name: 'y', node: second }] }
}

describe.runIf(hasCompiler('gcc'))('windows that see no row of a ring are 0', () => {
  it.each([[[]], [['sse4']], [['avx2']], [isas]] as const)('%s', isa => {
    const graph = belowTheImage()
    const plan = lower(graph)
    expect(plan.steps.map(({ kind }) => kind)).toContain('strip')
    const feeds = randomFeeds(graph, 1)
    const [sample] = compileC([plan], { isa }).run(plan, [feeds])
    expect(sample!.outputs.get('y')!.values).toEqual(interpret(graph, feeds).get('y')!.values)
  })
})

/** Two groups of 8 filters; the first row of windows lies above the image. */
function aboveTheImage(): Graph {
  const x = input('x', { dtype: 'bit', shape: [1, 1, 6, 2, 50] })
  const signs = constant(
    bits(
      [16, 2, 3, 50],
      Array.from({ length: 4800 }, (_, i) => ((i * 7) % 3) & 1),
    ),
    ['weights'],
  )
  const parameters = { stride: [2, 2], dilation: [1, 2], groups: 2, padding: [2, 1, 0, 0] } as const
  const node = create('binaryConv2d', [x, signs], { ...parameters, epilogue: arg(0) }, ['convolution'])
  return { name: 'above', inputs: [x], outputs: [{ name: 'y', node }] }
}

it.runIf(hasCompiler('gcc'))('no weights are pointed at for windows outside, which gcc -O3 would warn of', () => {
  const graph = aboveTheImage()
  const plan = lower(graph)
  const feeds = randomFeeds(graph, 1)
  const [sample] = compileC([plan], { flags: ['-O3'] }).run(plan, [feeds])
  expect(sample!.outputs.get('y')!.values).toEqual(interpret(graph, feeds).get('y')!.values)
})
