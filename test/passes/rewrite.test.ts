import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readModel } from '../../src/frontend/index.ts'
import { isConvolution } from '../../src/ir/epilogue.ts'
import { arg, call, number } from '../../src/ir/expr.ts'
import { type Graph, topological } from '../../src/ir/graph.ts'
import { interpret } from '../../src/ir/interpret.ts'
import { create, input, type Node } from '../../src/ir/node.ts'
import { print } from '../../src/ir/print.ts'
import { numbersOf } from '../../src/ir/tensor.ts'
import { lower } from '../../src/lower/index.ts'
import { fuseMaps } from '../../src/passes/canonical/fuse-maps.ts'
import { type Pass, runPasses } from '../../src/passes/pass.ts'
import { pipeline } from '../../src/passes/pipeline.ts'
import { rewrites, rule } from '../../src/passes/rewrite.ts'
import { networkInput, networkModel, networks } from '../differential/random-networks.ts'

const run = (graph: Graph, pass: Pass, rewriteLimit?: number): Graph =>
  runPasses(graph, [{ name: 'test', passes: [pass] }], rewriteLimit === undefined ? {} : { rewriteLimit }).graph

const x = input('x', { dtype: 'f32', shape: [1, 4] })
const negated = (value: Node) => create('map', [value], { expr: call('neg', arg(0)) }, ['neg'])

/** x negated so many times. */
function chain(length: number): Graph {
  let node: Node = x
  for (let k = 0; k < length; k++) node = negated(node)
  return { name: 'chain', inputs: [x], outputs: [{ name: 'y', node }] }
}

describe('rewrites', () => {
  test('look at every node a few times, however many there are', () => {
    let looks = 0
    const halves = rewrites(
      'halves',
      rule('neg', 'map', node => {
        looks++
        return node.attrs.expr.fn === 'neg'
          ? create('map', node.operands, { expr: call('sub', number(0), arg(0)) }, node.origin)
          : undefined
      }),
    )
    const after = run(chain(3000), halves)
    expect(topological(after).every(({ op, attrs }) => op !== 'map' || attrs.expr.fn === 'sub')).toBe(true)
    expect(looks).toBeLessThanOrEqual(3 * 3000)
  })

  test('say which node they never finish', () => {
    const endless = rewrites(
      'endless',
      rule('again', 'map', node => create('map', node.operands, node.attrs, [...node.origin])),
    )
    expect(() => run(chain(3), endless)).toThrow(/still rewriting 'neg' after \d+ rewrites/)
  })

  test('stop at the limit, each counted once', () => {
    const dropped = rewrites(
      'drop',
      rule('neg', 'map', ({ operands: [value] }) => value),
    )
    for (const limit of [0, 1, 7, 20]) expect(topological(run(chain(20), dropped, limit))).toHaveLength(21 - limit)
  })

  test('see who reads a node as the graph is at that moment', () => {
    // Of two users that are alike the second is dropped for the first, after which a third value has one user only.
    const once = negated(x)
    const [a, b] = [negated(once), create('map', [once], { expr: call('abs', arg(0)) }, ['abs'])]
    const both = create('map', [a, b], { expr: call('add', arg(0), arg(1)) }, ['both'])
    const seen: [number, boolean][] = []
    const pass = rewrites(
      'look',
      rule('abs of neg', 'map', ({ operands: [value], attrs }) =>
        attrs.expr.fn === 'abs' && value?.op === 'map'
          ? create('map', value.operands, { expr: call('abs', arg(0)) }, ['abs'])
          : undefined,
      ),
      rule('look', 'map', ({ origin }, { usersOf, soleUse }) => {
        if (origin[0] === 'both') seen.push([usersOf(once).length, soleUse(once)])
        return undefined
      }),
    )
    run({ name: 'users', inputs: [x], outputs: [{ name: 'y', node: both }] }, pass)
    expect(seen[0]).toEqual([1, true])
  })
})

test('chains that read their argument several times stay small', () => {
  const size = (steps: number, step: (value: Node) => Node) => {
    let node: Node = x
    for (let k = 0; k < steps; k++) node = step(node)
    const after = run({ name: 'chain', inputs: [x], outputs: [{ name: 'y', node }] }, fuseMaps)
    return Math.max(...topological(after).map(({ op, attrs }) => (op === 'map' ? JSON.stringify(attrs).length : 0)))
  }
  const leaky = call('select', call('ge', arg(0), number(0)), arg(0), call('mul', arg(0), number(0.1)))
  const longest = size(12, value => create('map', [value], { expr: leaky }, ['leaky']))
  expect(longest).toBeGreaterThan(JSON.stringify(leaky).length)
  expect(longest).toBeLessThan(20_000)
  expect(
    size(40, value => create('map', [value, value], { expr: call('add', arg(0), arg(1)) }, ['twice'])),
  ).toBeLessThan(20_000)
  // One expression of thousands of steps would be too deep for every function that walks it.
  expect(size(3000, negated)).toBeLessThan(20_000)
})

test('wherever rewriting is stopped, the result can be compiled and is right', { timeout: 240_000 }, async () => {
  for (const network of fc.sample(networks, { numRuns: 2, seed: 3 })) {
    const { graph, operators } = await readModel(networkModel(network))
    const feeds = new Map([['input', networkInput(network, 1)]])
    const valuesOf = (of: Graph) => [...interpret(of, feeds).values()].map(numbersOf)
    const expected = valuesOf(graph)
    const finished = print(runPasses(graph, pipeline, { operators }).graph)
    for (let limit = 0, last = ''; last !== finished; limit++) {
      const { graph: stopped } = runPasses(graph, pipeline, { operators, rewriteLimit: limit })
      const layers = topological(stopped).filter(isConvolution)
      expect(layers.every(({ operands }) => operands[1].op === 'constant')).toBe(true)
      lower(stopped)
      expect(valuesOf(stopped), `limit ${limit}: ${JSON.stringify(network)}`).toEqual(expected)
      last = print(stopped)
    }
  }
})
