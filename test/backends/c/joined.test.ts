import { describe, expect, it } from 'vitest'
import { arg, call, type Expr, number } from '../../../src/ir/expr.ts'
import type { Graph } from '../../../src/ir/graph.ts'
import { interpret } from '../../../src/ir/interpret.ts'
import { constant, create, input, type Node } from '../../../src/ir/node.ts'
import type { Tensor } from '../../../src/ir/tensor.ts'
import { lower, lowerWithNodes } from '../../../src/lower/index.ts'
import { callsOf } from '../../../src/plan/buffers.ts'
import { bytesOfTensor } from '../../../src/run/memory.ts'
import { assembleTrace } from '../../../src/verify/trace-layers.ts'
import { compileC, hasCompiler, SANITIZED } from '../../c-runner.ts'
import { dyadicTensor, graphOf } from '../../random-epilogues.ts'

const window = { stride: [1, 1], dilation: [1, 1], padding: [1, 1, 1, 1] } as const
const dense = call('float', arg(0))

const image = (channels: number) => input('x', { dtype: 'f32', shape: [1, 6, 9, channels] })
const channelsOf = (x: Node): number => x.type.shape.at(-1)!
const join = (...parts: Node[]) => create('concat', parts, { axis: 3 }, ['join'])
const signs = (x: Node) => {
  const limits = constant(dyadicTensor('f32', [1, 1, 1, channelsOf(x)], 5), ['limits'])
  return create('map', [x, limits], { expr: call('ge', arg(0), arg(1)) }, ['signs'])
}
const layer = (x: Node, filters: number, epilogue: Expr = dense, ...extras: Node[]) => {
  const weights = constant(dyadicTensor('bit', [filters, 3, 3, channelsOf(x)], 7), ['w'])
  return create('binaryConv2d', [signs(x), weights, ...extras], { ...window, groups: 1, epilogue }, ['layer'])
}
const floats = (x: Node, filters: number) => {
  const weights = constant(dyadicTensor('f32', [filters, 3, 3, channelsOf(x)], 11), ['w'])
  return create('conv2d', [x, weights], { ...window, groups: 1, epilogue: arg(0) }, ['floats'])
}
const pooled = (x: Node) =>
  create('pool', [x], { ...window, kernel: [3, 3], kind: 'max', counted: [0, 0, 0, 0], epilogue: arg(0) }, ['pooled'])
const halved = (x: Node) => create('map', [x], { expr: call('mul', arg(0), number(0.5)) }, ['halved'])

/** Layers whose inputs are all results so far. */
function block(first: Node, growth: readonly number[]): Node {
  return growth.reduce<Node>((x, filters) => join(x, layer(x, filters)), first)
}

function network(name: string, of: (x: Node) => readonly Node[], channels = 3): Graph {
  const x = image(channels)
  return graphOf(name, [x], of(x))
}

/** Graphs, and how many copies are left. */
const cases: Readonly<Record<string, readonly [Graph, number]>> = {
  'a dense block': [network('g0', x => [halved(block(pooled(floats(x, 40)), [33, 32, 5]))]), 0],
  'a part that others read, not first': [
    network('g1', x => {
      const part = layer(x, 20)
      return [halved(join(floats(x, 7), part)), layer(part, 8)]
    }),
    1,
  ],
  'a first part that a sum reads': [
    network('g2', x => {
      const part = layer(x, 24)
      return [halved(join(part, layer(part, 24, call('add', call('float', arg(0)), arg(1)), part)))]
    }),
    0,
  ],
  'a part that a convolution reads': [
    network('g3', x => {
      const part = floats(x, 6)
      return [halved(join(part, floats(part, 4)))]
    }),
    1,
  ],
  'the same part twice': [network('g4', x => [halved(twice(layer(x, 16)))]), 1],
}

function twice(part: Node): Node {
  return join(part, part)
}

describe.runIf(hasCompiler('gcc'))('parts written where they belong', { timeout: 240_000 }, () => {
  const graphs = Object.entries(cases).map(([name, [graph, copies]]) => ({ name, graph, copies }))
  const plans = graphs.map(({ graph }) => lower(graph, { chains: true, joins: true }))

  it.each([
    ['with sanitizers', { flags: SANITIZED, isa: [] }],
    ['AVX2', { isa: ['avx2'], flags: ['-O3'] }],
  ] as const)('equal the interpreter: %s', (_, settings) => {
    const program = compileC(plans, settings)
    graphs.forEach(({ name, graph }, k) => {
      const feeds = new Map([['x', dyadicTensor('f32', graph.inputs[0]!.type.shape, 3)]])
      const [sample] = program.run(plans[k]!, [feeds])
      expect(sample!.outputs, name).toEqual(interpret(graph, feeds))
    })
  })

  it('are reported with the whole', () => {
    const { graph } = graphs[0]!
    const lowered = lowerWithNodes(graph, { joins: true })
    const whole = graph.outputs[0]!.node.operands[0]!
    const buffer = [...lowered.nodes].find(([, node]) => node === whole)![0]
    const feeds = new Map([['x', dyadicTensor('f32', graph.inputs[0]!.type.shape, 3)]])
    const meaningOf = (node: Node): Tensor => interpret({ ...graph, outputs: [{ name: 'y', node }] }, feeds).get('y')!
    const trace = [{ name: buffer, offset: 0, bytes: bytesOfTensor(meaningOf(whole)) }]
    const traced = assembleTrace(lowered, { status: 0, outputs: new Map(), trace })
    expect([...traced.keys()].map(({ op }) => op)).toEqual([
      'pool',
      'binaryConv2d',
      'concat',
      'binaryConv2d',
      'concat',
      'binaryConv2d',
      'concat',
    ])
    for (const [node, { tensor }] of traced) expect(tensor).toEqual(meaningOf(node))
  })

  it('leave no copies, and take no more memory', () => {
    const copiesOf = (k: number) => plans[k]!.steps.flatMap(callsOf).filter(({ kernel }) => kernel === 'copy').length
    expect(graphs.map((_, k) => copiesOf(k))).toEqual(graphs.map(({ copies }) => copies))
    graphs.forEach(({ name, graph }, k) => {
      expect(plans[k]!.workspaceBytes, name).toBeLessThanOrEqual(lower(graph, { chains: true }).workspaceBytes)
    })
  })
})
