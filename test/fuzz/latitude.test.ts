import { expect, test } from 'vitest'
import { readModel } from '../../src/frontend/index.ts'
import { numbersOf } from '../../src/ir/tensor.ts'
import { differenceFrom } from './difference.ts'
import { type Enclosure, enclose } from './enclosure.ts'
import { ordersOf, zerosOf } from './latitude.ts'
import { encode, feedsOf, type Network } from './network.ts'
import { runReference } from './onnxruntime.ts'

const line = (shape: number[]) => ({ type: 'float', shape }) as const

const endsOf = ({ low, high }: Enclosure): number[][] => {
  const ends = [...numbersOf(high)]
  return [...numbersOf(low)].map((from, index) => [from, ends[index]!])
}

/** Zeros by chance, behind a ReLU, and of whole numbers. */
const zeros: Network = {
  opset: 17,
  inputs: [
    { name: 'x', ...line([3]) },
    { name: 'pixels', type: 'uint8', shape: [3] },
  ],
  constants: {},
  nodes: [
    { op: 'Sign', in: ['x'], out: ['chance'] },
    { op: 'Relu', in: ['x'], out: ['positive'] },
    { op: 'Sign', in: ['positive'], out: ['end'] },
    { op: 'Cast', in: ['pixels'], out: ['numbers'], attrs: { to: 1 } },
    { op: 'Sign', in: ['numbers'], out: ['whole'] },
  ],
  outputs: ['chance', 'end', 'whole'],
  types: Object.fromEntries(['chance', 'positive', 'end', 'numbers', 'whole'].map(name => [name, line([3])])),
  samples: [{ x: [0, -1, 2], pixels: [0, 1, 2] }],
}

test('a zero before a sign may be +1 by chance or by a warning, and is 0 elsewhere', async () => {
  const { graph } = await readModel(encode(zeros))
  const [feeds] = feedsOf(zeros)
  const found = (warned: readonly string[]) => {
    const latitude = { zeroIsPlus: zerosOf(graph, feeds!, new Set(warned)) }
    return Object.fromEntries([...enclose(graph, feeds!, latitude)].map(([name, each]) => [name, endsOf(each)]))
  }
  const [zero, minus, plus, either] = [
    [0, 0],
    [-1, -1],
    [1, 1],
    [0, 1],
  ]
  const strict = Object.fromEntries([...enclose(graph, feeds!)].map(([name, each]) => [name, endsOf(each)]))
  expect(strict).toEqual({ chance: [zero, minus, plus], end: [zero, zero, plus], whole: [zero, plus, plus] })
  const [origin] = graph.outputs.find(({ name }) => name === 'whole')!.node.origin
  expect(found([])).toEqual({ chance: [either, minus, plus], end: [either, zero, plus], whole: [zero, plus, plus] })
  expect(found([origin!]).whole).toEqual([either, plus, plus])
})

/** Values that onnxruntime takes from large ones. */
const cancelled: Network = {
  opset: 17,
  inputs: [{ name: 'x', ...line([1, 6, 1, 2]) }],
  constants: {
    scale: { type: 'float', shape: [6], values: [1, 1, 1, 1, 1, 1] },
    bias: { type: 'float', shape: [6], values: [0, 0, 0, 0, 0, 0] },
  },
  nodes: [
    {
      op: 'LRN',
      in: ['x'],
      out: ['lrn'],
      attrs: { size: 3, alpha: { float: 1 }, beta: { float: 0.5 }, bias: { float: 0.001 } },
    },
    { op: 'InstanceNormalization', in: ['x', 'scale', 'bias'], out: ['normal'] },
  ],
  outputs: ['lrn', 'normal'],
  types: { lrn: line([1, 6, 1, 2]), normal: line([1, 6, 1, 2]) },
  samples: [{ x: [900.1, 900.1, 0.1, 0.2, 0.01, 0.02, 0.01, 0.03, 0.01, 0.01, 0.3, 0.1] }],
}

test('onnxruntime is within the bound of its orders, beyond it without them, and a wrong value is beyond both', async () => {
  const bytes = encode(cancelled)
  const { graph, operators } = await readModel(bytes)
  const feeds = feedsOf(cancelled)
  const reference = await runReference(bytes, feeds)
  if (typeof reference === 'string') throw new Error(reference)
  const bounded = enclose(graph, feeds[0]!, { slack: ordersOf(operators) })
  expect(differenceFrom(bounded, reference[0]!)).toBeUndefined()
  expect(differenceFrom(enclose(graph, feeds[0]!), reference[0]!)).toBeDefined()
  const values = reference[0]!.get('normal')!.values as Float32Array
  values[2]! += 0.125
  expect(differenceFrom(bounded, reference[0]!)).toMatchObject({ output: 'normal', index: 2 })
})
