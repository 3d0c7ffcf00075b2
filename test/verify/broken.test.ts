import { describe, expect, test } from 'vitest'
import { wasm } from '../../src/backends/wasm/index.ts'
import { describeVerification } from '../../src/cli/show-verification.ts'
import { type Graph, rebuild } from '../../src/ir/graph.ts'
import { constant, create, type Node } from '../../src/ir/node.ts'
import type { Stage } from '../../src/passes/pass.ts'
import { pipeline } from '../../src/passes/pipeline.ts'
import { callsOf } from '../../src/plan/buffers.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { makeFeeds, specialFeeds } from '../../src/run/inputs.ts'
import { createWasmRunner } from '../../src/run/wasm.ts'
import { openOnnxruntime } from '../../src/verify/onnxruntime.ts'
import { type Verification, type VerifyOptions, verifyModel } from '../../src/verify/verify-model.ts'
import { smallNetwork } from './small-network.ts'

const network = smallNetwork()

async function verifySmall(more: Partial<VerifyOptions> = {}): Promise<Verification> {
  const onnxruntime = await openOnnxruntime(network)
  if (typeof onnxruntime === 'string') throw new Error(onnxruntime)
  return verifyModel(network, {
    name: 'small',
    backend: wasm,
    runner: createWasmRunner(),
    feeds: graph => [makeFeeds(graph, 1), ...specialFeeds(graph)],
    references: [onnxruntime],
    tolerance: 1e-5,
    ...more,
  })
}

const lastLine = (result: Verification): string => describeVerification(result).split('\n').at(-1)!

test('unbroken it is verified', async () => {
  const result = await verifySmall()
  expect(result).toMatchObject({ ok: true, verdict: 'equal', faults: [] })
  expect(lastLine(result)).toMatch(/^verified: wasm, 6 results of 4 samples; outputs equal those of onnxruntime within/)
})

/** The layer `second` of the optimised graph with something else in it. */
const wrongPass = (change: (node: Node<'binaryConv2d'>) => Node): Stage => ({
  name: 'broken',
  passes: [
    {
      name: 'break',
      run: (graph: Graph) =>
        rebuild(graph, node => (node.op === 'binaryConv2d' && node.origin[0] === 'second' ? change(node) : node)),
    },
  ],
})

/** A constant operand with one value replaced. */
const withValue = (node: Node, index: number, value: (old: number) => number): Node => {
  if (node.op !== 'constant') throw new Error('no constant')
  const values = node.attrs.value.values.slice()
  values[index] = value(Number(values[index]))
  return constant({ ...node.attrs.value, values }, node.origin)
}

const withEach = (node: Node, value: (old: number) => number): Node => {
  if (node.op !== 'constant') throw new Error('no constant')
  const { values, ...type } = node.attrs.value
  return constant({ ...type, values: (values as Int32Array).map(value) }, node.origin)
}

const [x, weights, threshold] = [0, 1, 2]
const operand = (node: Node<'binaryConv2d'>, k: number): Node => node.operands[k]!

describe('a compiler that makes another network of the model: no layer differs from it, the outputs do', () => {
  test.each<[string, (node: Node<'binaryConv2d'>) => Node]>([
    [
      'a flipped bit of a weight',
      node =>
        create(
          'binaryConv2d',
          [operand(node, x), withValue(operand(node, weights), 0, old => 1 - old), operand(node, threshold)],
          node.attrs,
          node.origin,
        ),
    ],
    [
      'thresholds off by one',
      node =>
        create(
          'binaryConv2d',
          [operand(node, x), operand(node, weights), withEach(operand(node, threshold), old => old + 1)],
          node.attrs,
          node.origin,
        ),
    ],
    [
      'a wrong border',
      node => create('binaryConv2d', node.operands, { ...node.attrs, padding: [0, 1, 2, 1] }, node.origin),
    ],
  ])('%s', async (_, change) => {
    const result = await verifySmall({ stages: [...pipeline, wrongPass(change)] })
    expect(result).toMatchObject({ ok: false, verdict: 'different', faults: [] })
    expect(result.layers.filter(({ wrong }) => wrong > 0)).toEqual([])
    const different = result.outputs.find(({ verdict }) => verdict === 'different')!
    expect(different.departure).toMatchObject({ node: 'sign2' })
    // What is seen first is no matter of rounding.
    expect(Math.abs(different.departure!.distance!)).toBeGreaterThan(different.departure!.bound!)
    expect(lastLine(result)).toBe(
      "NOT verified: wasm, 6 results of 4 samples; every layer computes what the compiler made of it, but from 'sign2' on that is not the model",
    )
  })
})

describe('generated code that is not what the plan says: the first layer that differs is named', () => {
  const broken = (change: (plan: Plan) => void): Partial<VerifyOptions> => ({
    backend: {
      ...wasm,
      print: (plan, options) => {
        change(plan)
        return wasm.print(plan, options)
      },
    },
  })
  const second = (plan: Plan) => {
    const call = plan.steps
      .flatMap(callsOf)
      .find(({ origin, kernel }) => origin[0] === 'second' && kernel === 'binaryConv2d')
    if (call?.kernel !== 'binaryConv2d') throw new Error('no such call')
    return call
  }
  const dataOf = ({ place }: Plan['constants'][number]) => {
    if (place.kind !== 'constant') throw new Error('no constant')
    return place as { data: typeof place.data }
  }
  test.each<[string, (plan: Plan) => void]>([
    [
      'a flipped bit of a weight',
      plan => {
        const place = dataOf(second(plan).buffers.weights)
        place.data = place.data.slice()
        place.data[0]! ^= 1
      },
    ],
    [
      'a threshold off by one',
      plan => {
        const place = dataOf(second(plan).store.operands[0]!.buffer)
        place.data = place.data.slice()
        place.data[3]! += 1
      },
    ],
    [
      'a wrong border',
      plan => {
        ;(second(plan).params as { padTop: number }).padTop = 0
      },
    ],
  ])('%s', async (_, change) => {
    const result = await verifySmall(broken(change))
    expect(result.layers.filter(({ wrong }) => wrong > 0).map(({ name, op }) => [name, op])).toEqual([
      ['second', 'Conv'],
    ])
    expect(lastLine(result)).toBe(
      "NOT verified: wasm, 6 results of 4 samples; the first layer that differs is Conv 'second'",
    )
  })
})
