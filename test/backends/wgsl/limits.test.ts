import { expect, it } from 'vitest'
import { lower } from '../../../src/backends/lower.ts'
import { wgsl } from '../../../src/backends/wgsl/index.ts'
import { arg, call, type Expr } from '../../../src/ir/expr.ts'
import { interpret } from '../../../src/ir/interpret.ts'
import { constant, create, input } from '../../../src/ir/node.ts'
import { hasDriver, openDevice } from '../../gpu.ts'
import { randomFeeds } from '../../random.ts'
import { dyadicTensor } from '../../random-epilogues.ts'
import { importLoader, joinFeeds } from '../../wgsl-runner.ts'

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
