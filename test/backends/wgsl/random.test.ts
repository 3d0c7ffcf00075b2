import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wgsl } from '../../../src/backends/wgsl/index.ts'
import type { Graph } from '../../../src/ir/graph.ts'
import { interpret } from '../../../src/ir/interpret.ts'
import { print } from '../../../src/ir/print.ts'
import { lower } from '../../../src/lower/index.ts'
import { type Device, type Driver, hasDriver, openDevice } from '../../gpu.ts'
import { randomFeeds } from '../../random.ts'
import { randomGraphs } from '../../random-graphs.ts'
import { importLoader, joinFeeds, sampleOf } from '../../wgsl-runner.ts'

const SEEDS = [1, 2, 3]

/** Three samples at once equal the interpreter on each. */
async function agree(device: Device, graph: Graph): Promise<void> {
  const plan = lower(graph, wgsl.lowering)
  const { load } = await importLoader(plan)
  device.pushErrorScope('validation')
  const model = await load({ device, maxBatch: SEEDS.length })
  const feeds = SEEDS.map(seed => randomFeeds(graph, seed))
  const actual = await model.run(joinFeeds(plan, feeds))
  expect((await device.popErrorScope())?.message, print(graph)).toBeUndefined()
  feeds.forEach((feed, sample) => {
    const expected = interpret(graph, feed)
    for (const port of plan.outputs) {
      const { values } = sampleOf(port, actual[port.name]!, sample)
      // A GPU may compute -0 as 0.
      const same = values.length === expected.get(port.name)!.values.length
      const wrong = values.findIndex((value, k) => value !== expected.get(port.name)!.values[k])
      if (!same || wrong >= 0)
        expect(values, `${port.name}[${wrong}] of sample ${sample} of\n${print(graph)}`).toEqual(
          expected.get(port.name)!.values,
        )
    }
  })
  model.destroy()
}

async function agreeOn(driver: Driver, count: number, seed: number): Promise<void> {
  const device = await openDevice(driver)
  for (const graph of fc.sample(randomGraphs, { numRuns: count, seed })) await agree(device, graph)
  device.destroy()
}

describe('random graphs in WGSL equal the interpreter', () => {
  it.runIf(hasDriver('swiftshader'))('SwiftShader', { timeout: 300_000 }, () => agreeOn('swiftshader', 40, 2))
  it.runIf(hasDriver('gles'))('llvmpipe through GLES', { timeout: 300_000 }, () => agreeOn('gles', 60, 4))
})

it('random graphs are valid WGSL', { timeout: 240_000 }, async () => {
  const device = await openDevice('null')
  for (const graph of fc.sample(randomGraphs, { numRuns: 120, seed: 3 })) {
    const { load } = await importLoader(lower(graph, wgsl.lowering))
    device.pushErrorScope('validation')
    const model = await load({ device, maxBatch: 2 }).catch(error => {
      throw new Error(`${print(graph)}\n${error}`)
    })
    expect((await device.popErrorScope())?.message).toBeUndefined()
    model.destroy()
  }
})
