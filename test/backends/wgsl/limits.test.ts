import { describe, expect, it } from 'vitest'
import { wgsl } from '../../../src/backends/wgsl/index.ts'
import { arg, call, type Expr } from '../../../src/ir/expr.ts'
import type { Graph } from '../../../src/ir/graph.ts'
import { interpret } from '../../../src/ir/interpret.ts'
import { constant, create, input, type Node } from '../../../src/ir/node.ts'
import { lower } from '../../../src/lower/index.ts'
import { type Driver, hasDriver, openDevice } from '../../gpu.ts'
import { optimise } from '../../plan.ts'
import { randomFeeds } from '../../random.ts'
import { dyadicTensor } from '../../random-epilogues.ts'
import { isMissing, readShared } from '../../shared.ts'
import { importLoader, joinFeeds, sampleOf } from '../../wgsl-runner.ts'

/** x plus ten constants, which are more buffers than a kernel may have. */
function manyConstants() {
  const x = input('x', { dtype: 'f32', shape: [1, 3, 3, 12] })
  const extras = Array.from({ length: 10 }, (_, k) => constant(dyadicTensor('f32', [1, 1, 1, 12], k + 1), [`c${k}`]))
  const sum = extras.reduce<Expr>((all, _, k) => call('add', all, arg(k + 1)), arg(0))
  const node = create('map', [x, ...extras], { expr: sum }, ['sum'])
  return { name: 'many', inputs: [x], outputs: [{ name: 'sum', node }] }
}

it.runIf(hasDriver('gles'))('more constants than bindings are joined in one buffer', async () => {
  const graph = manyConstants()
  const plan = lower(graph, wgsl.lowering)
  const device = await openDevice('gles')
  const model = await (await importLoader(plan)).load({ device })
  const feeds = randomFeeds(graph, 1)
  const { sum } = await model.run(joinFeeds(plan, [feeds]))
  expect(sum).toEqual(interpret(graph, feeds).get('sum')!.values)
  model.destroy()
  device.destroy()
})

type Extra = readonly [dtype: 'f32' | 'i32' | 'bit', shape: readonly number[], isConstant: boolean]

/** A number made of an operand of any type. */
const asFloat = (dtype: Extra[0], index: number): Expr => (dtype === 'f32' ? arg(index) : call('float', arg(index)))

/** A map or a layer of 5 or 8 filters that adds all extras to what it has. */
function manyOperands(
  kind: 'map' | 'conv2d' | 'binaryConv2d' | 'pool' | 'reduce',
  extras: readonly Extra[],
  channels: number,
  bits = false,
): Graph {
  const inputs = extras.flatMap(([dtype, shape, fixed], k) => (fixed ? [] : [input(`e${k}`, { dtype, shape })]))
  const next = [...inputs]
  const operands: readonly Node[] = extras.map(([dtype, shape, fixed], k) =>
    fixed ? constant(dyadicTensor(dtype, shape, k + 1), [`c${k}`]) : next.shift()!,
  )
  const x = input('x', { dtype: kind === 'binaryConv2d' ? 'bit' : 'f32', shape: [1, 4, 4, channels] })
  const start = kind === 'binaryConv2d' ? call('float', arg(0)) : arg(0)
  const first = kind === 'map' ? 0 : 1
  const all = extras.reduce<Expr>((sum, [dtype], k) => call('add', sum, asFloat(dtype, k + 1)), start)
  const epilogue = bits ? call('ge', all, arg(first)) : all
  const window = { stride: [1, 1], dilation: [1, 1], padding: [1, 1, 1, 1], groups: 1 } as const
  const whole = { ...window, padding: [0, 0, 0, 0], counted: [0, 0, 0, 0], kernel: [1, 1], kind: 'max' } as const
  const weights = constant(dyadicTensor(kind === 'binaryConv2d' ? 'bit' : 'f32', [channels, 3, 3, channels], 99), ['w'])
  const node = {
    map: () => create('map', [x, ...operands], { expr: all }, ['many']),
    conv2d: () => create('conv2d', [x, weights, ...operands], { ...window, epilogue }, ['many']),
    binaryConv2d: () => create('binaryConv2d', [x, weights, ...operands], { ...window, epilogue: all }, ['many']),
    pool: () => create('pool', [x, ...operands], { ...whole, epilogue: all }, ['many']),
    reduce: () => create('reduce', [x, ...operands], { kind: 'sum', axes: [], epilogue: all }, ['many']),
  }[kind]()
  return { name: 'many', inputs: [x, ...inputs], outputs: [{ name: 'y', node }] }
}

/** `count` operands of every type, every shape that broadcasts, inputs and constants in turn. */
const extrasFor = (count: number, channels: number, constants: boolean): Extra[] =>
  Array.from({ length: count }, (_, k) => {
    const shape = [
      [1, 4, 4, channels],
      [1, 1, 1, channels],
      [1, 4, 4, 1],
      [1, 1, 1, 1],
    ][k % 4]!
    return [(['f32', 'i32', 'bit'] as const)[k % 3]!, shape, constants && k % 2 === 1]
  })

const many: readonly (readonly [string, Graph])[] = [
  ['40 inputs', manyOperands('map', extrasFor(40, 5, false), 5)],
  ['40 inputs and constants', manyOperands('map', extrasFor(40, 5, true), 5)],
  ['a float convolution', manyOperands('conv2d', extrasFor(20, 8, true), 8)],
  ['one whose filters are no quads', manyOperands('conv2d', extrasFor(20, 5, true), 5)],
  ['one that stores bits', manyOperands('conv2d', extrasFor(20, 8, true), 8, true)],
  ['a binary convolution', manyOperands('binaryConv2d', extrasFor(12, 8, false), 8)],
  ['a pool', manyOperands('pool', extrasFor(13, 5, true), 5)],
  ['a reduction', manyOperands('reduce', extrasFor(13, 5, false), 5)],
]

/** Two samples, because buffers hold one after the other. */
async function equalsInterpreter(graph: Graph, driver: Driver): Promise<void> {
  const plan = lower(graph, wgsl.lowering)
  const device = await openDevice(driver)
  device.pushErrorScope('validation')
  const model = await (await importLoader(plan)).load({ device, maxBatch: 2 })
  const feeds = [1, 2].map(seed => randomFeeds(graph, seed))
  const results = await model.run(joinFeeds(plan, feeds))
  expect((await device.popErrorScope())?.message).toBeUndefined()
  if (driver !== 'null')
    feeds.forEach((feed, sample) => {
      expect(sampleOf(plan.outputs[0]!, results.y!, sample).values).toEqual(interpret(graph, feed).get('y')!.values)
    })
  model.destroy()
  device.destroy()
}

describe('any number of operands', () => {
  it.each(many)('%s: valid', (_, graph) => equalsInterpreter(graph, 'null'))
  it.runIf(hasDriver('gles')).each(many)('%s: equal to the interpreter', (_, graph) => equalsInterpreter(graph, 'gles'))

  it.skipIf(isMissing('field/36-abcnet.onnx'))('a network of five binary bases', { timeout: 240_000 }, async () => {
    const plan = lower(await optimise(readShared('field/36-abcnet.onnx'), 'abcnet'), wgsl.lowering)
    const device = await openDevice('null')
    device.pushErrorScope('validation')
    const model = await (await importLoader(plan)).load({ device })
    expect((await device.popErrorScope())?.message).toBeUndefined()
    model.destroy()
    device.destroy()
  })
})

it('an image of more workgroups than fit in one dimension is valid', async () => {
  const x = input('x', { dtype: 'f32', shape: [1, 2100, 2100, 1] })
  const node = create('map', [x], { expr: call('neg', arg(0)) }, ['neg'])
  const plan = lower({ name: 'large', inputs: [x], outputs: [{ name: 'y', node }] }, wgsl.lowering)
  const device = await openDevice('null')
  device.pushErrorScope('validation')
  const model = await (await importLoader(plan)).load({ device })
  await model.run({ x: new Float32Array(2100 * 2100) })
  expect(await device.popErrorScope()).toBeNull()
  model.destroy()
})
