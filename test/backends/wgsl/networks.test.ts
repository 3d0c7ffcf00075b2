import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wgsl } from '../../../src/backends/wgsl/index.ts'
import { numbersOf } from '../../../src/ir/tensor.ts'
import { lower } from '../../../src/lower/index.ts'
import { networkInput, networkModel, networks } from '../../differential/random-networks.ts'
import { type Driver, hasDriver, openDevice } from '../../gpu.ts'
import { runOnnxruntime } from '../../onnxruntime.ts'
import { optimise } from '../../plan.ts'
import { importLoader, joinFeeds, sampleOf } from '../../wgsl-runner.ts'

/** Whole networks whose values are exact: two samples at once equal onnxruntime's on each. */
async function equalsOnnxruntime(driver: Driver, count: number, seed: number): Promise<void> {
  const device = await openDevice(driver)
  for (const network of fc.sample(networks, { numRuns: count, seed })) {
    const bytes = networkModel(network)
    const plan = lower(await optimise(bytes, 'network'), wgsl.lowering)
    const model = await (await importLoader(plan)).load({ device, maxBatch: 2 })
    const feeds = [1, 2].map(sample => new Map([['input', networkInput(network, sample)]]))
    const results = await model.run(joinFeeds(plan, feeds))
    for (const [sample, feed] of feeds.entries())
      for (const [name, { values }] of await runOnnxruntime(bytes, feed)) {
        const port = plan.outputs.find(each => each.name === name)!
        // Adding 0 makes -0 to 0.
        const actual = numbersOf(sampleOf(port, results[name]!, sample)).map(value => value + 0)
        const expected = values.map(value => value + 0)
        expect(actual, JSON.stringify(network)).toEqual(expected)
      }
    model.destroy()
  }
  device.destroy()
}

describe('random dyadic networks in WGSL equal onnxruntime', () => {
  it.runIf(hasDriver('swiftshader'))('SwiftShader', { timeout: 300_000 }, () => equalsOnnxruntime('swiftshader', 12, 1))
  it.runIf(hasDriver('gles'))('llvmpipe through GLES', { timeout: 300_000 }, () => equalsOnnxruntime('gles', 25, 2))
})
