import fc from 'fast-check'
import { expect, test } from 'vitest'
import { arg, call, type Expr, number } from '../../src/ir/expr.ts'
import { type Graph, topological } from '../../src/ir/graph.ts'
import { interpret } from '../../src/ir/interpret.ts'
import { constant, create, input, type Node } from '../../src/ir/node.ts'
import { bits, f32 } from '../../src/ir/tensor.ts'
import { runPasses } from '../../src/passes/pass.ts'
import { findThresholds } from '../../src/passes/thresholds/find-thresholds.ts'

/** What stands between a sum and its sign: each step reads the value so far and two constants per channel. */
const steps: readonly ((x: Expr) => Expr)[] = [
  x => call('mul', x, arg(1)),
  x => call('add', x, arg(2)),
  x => call('div', x, number(0.229)),
  x => call('max', x, number(0)),
  x => call('min', call('max', x, number(-1)), number(1)),
  x => call('select', call('ge', x, number(0)), x, call('mul', x, arg(1))),
  x => call('select', call('gt', x, arg(2)), x, call('mul', x, number(0))),
  x => call('neg', x),
  x => call('tanh', x),
]
const chain = fc.array(fc.constantFrom(...steps), { minLength: 1, maxLength: 6 })
const scale = fc.constantFrom(0, 1, -1, 0.25, -3, 1e4, -1e-4, 1e30)
const shift = fc.constantFrom(0, 0.5, -0.5, 1, -7, 1e-6, 1e20)
const CHANNELS = 4
const perChannel = (value: fc.Arbitrary<number>) => fc.tuple(...Array.from({ length: CHANNELS }, () => value))

/** Every magnitude that is not extreme, dense around 0. */
const SAMPLES = [0, 1e-30, 1e-6, 0.1, 0.25, 0.5, 1, 2, 3, 7, 28, 1e3, 1e6, 1e18].flatMap(x => [x, -x]).map(Math.fround)

const run = (graph: Graph): Graph => runPasses(graph, [{ name: 'test', passes: [findThresholds] }]).graph
const graphOf = (node: Node, inputs: Node<'input'>[]): Graph => ({
  name: 'test',
  inputs,
  outputs: [{ name: 'y', node }],
})

test('thresholds of floats agree with their chains', () => {
  let found = 0
  const property = fc.property(chain, perChannel(scale), perChannel(shift), (parts, scales, shifts) => {
    const x = input('x', { dtype: 'f32', shape: [1, 1, SAMPLES.length, CHANNELS] })
    const extras = [scales, shifts].map(values => constant(f32([1, 1, 1, CHANNELS], values), ['k']))
    const condition = call(
      'ge',
      parts.reduce((value, step) => step(value), arg(0)),
      number(0),
    )
    const before = graphOf(create('map', [x, ...extras], { expr: condition }, ['sign']), [x])
    const after = run(before)
    if (after !== before) found++
    const values = f32(
      x.type.shape,
      SAMPLES.flatMap(value => new Array<number>(CHANNELS).fill(value)),
    )
    const feeds = new Map([['x', values]])
    expect(interpret(after, feeds)).toEqual(interpret(before, feeds))
  })
  fc.assert(property, { numRuns: 1500, seed: 1 })
  expect(found).toBeGreaterThan(300)
})

test('thresholds of sums agree with their chains at every sum', () => {
  let found = 0
  const property = fc.property(chain, perChannel(scale), perChannel(shift), (parts, scales, shifts) => {
    const inputs = 6
    const x = input('x', { dtype: 'bit', shape: [1, 8, 8, inputs] })
    const weights = constant(bits([CHANNELS, 1, 1, inputs], new Array(CHANNELS * inputs).fill(1)), ['w'])
    const extras = [scales, shifts].map(values => constant(f32([1, 1, 1, CHANNELS], values), ['k']))
    const epilogue = call(
      'ge',
      parts.reduce((value, step) => step(value), call('float', arg(0))),
      number(0),
    )
    const window = { stride: [1, 1], dilation: [1, 1], padding: [0, 0, 0, 0], groups: 1 } as const
    const before = graphOf(create('binaryConv2d', [x, weights, ...extras], { ...window, epilogue }, ['conv']), [x])
    const after = run(before)
    found += topological(after).filter(({ op }) => op === 'binaryConv2d' && after !== before).length
    // Pixel p holds the bits of the number p.
    const pixels = Array.from({ length: 64 * inputs }, (_, i) => (Math.floor(i / inputs) >> (i % inputs)) & 1)
    const feeds = new Map([['x', bits(x.type.shape, pixels)]])
    expect(interpret(after, feeds)).toEqual(interpret(before, feeds))
  })
  fc.assert(property, { numRuns: 1000, seed: 2 })
  expect(found).toBeGreaterThan(500)
})
