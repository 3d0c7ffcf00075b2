import { expect, test } from 'vitest'
import { readModel } from '../../src/frontend/index.ts'
import { interpret } from '../../src/ir/interpret.ts'
import { numbersOf } from '../../src/ir/tensor.ts'
import { differenceFrom, exactShare } from './difference.ts'
import { enclose } from './enclosure.ts'
import { generate } from './generate.ts'
import { encode, feedsOf, type Network } from './network.ts'

const network: Network = {
  opset: 17,
  inputs: [{ name: 'x', type: 'float', shape: [1, 2, 2, 2] }],
  constants: {
    w: { type: 'float', shape: [1, 2, 2, 2], values: [1, 0.5, -1, 2, 0.25, -0.5, 1, 1] },
    b: { type: 'float', shape: [1], values: [Math.fround(0.1)] },
  },
  nodes: [
    { op: 'Conv', in: ['x', 'w'], out: ['sum'] },
    { op: 'Add', in: ['sum', 'b'], out: ['moved'] },
    { op: 'Sign', in: ['moved'], out: ['sign'] },
  ],
  outputs: ['sum', 'moved', 'sign'],
  types: {},
  samples: [{ x: [1, 2, 0.5, -1, 3, 0.125, 1, -2] }],
}
for (const name of network.outputs)
  (network.types as Record<string, unknown>)[name] = { type: 'float', shape: [1, 1, 1, 1] }

test('sums of dyadic numbers are known exactly, others within their rounding, a sign far from 0 exactly again', async () => {
  const { graph } = await readModel(encode(network))
  const [feeds] = feedsOf(network)
  const found = enclose(graph, feeds!)
  const ends = [...found.values()].map(({ low, high }) => [...numbersOf(low), ...numbersOf(high)] as [number, number])
  expect(ends[0]![0]).toBe(ends[0]![1])
  expect(ends[1]![1] - ends[1]![0]).toBeGreaterThan(0)
  expect(ends[1]![1] - ends[1]![0]).toBeLessThan(5e-5)
  expect(ends[2]).toEqual([Math.sign(ends[0]![0]), Math.sign(ends[0]![0])])
  const actual = interpret(graph, feeds!)
  expect(differenceFrom(found, actual)).toBeUndefined()
  actual.get('sum')!.values[0] = ends[0]![0] * (1 + 2 ** -22)
  expect(differenceFrom(found, actual)).toMatchObject({ output: 'sum', index: 0 })
})

test('most numbers of generated networks are known exactly, and the interpreter agrees with all', async () => {
  let [exact, all] = [0, 0]
  for (let seed = 0; seed < 300; seed++) {
    const { network } = generate(seed)
    const imported = await readModel(encode(network)).catch(() => undefined)
    if (!imported) continue
    for (const feeds of feedsOf(network)) {
      const found = enclose(imported.graph, feeds)
      const share = exactShare(found)
      exact += share[0]
      all += share[1]
      expect(differenceFrom(found, interpret(imported.graph, feeds)), `seed ${seed}`).toBeUndefined()
    }
  }
  expect(exact / all).toBeGreaterThan(0.5)
})
