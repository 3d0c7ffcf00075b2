import { describe, expect, it } from 'vitest'
import { wgsl } from '../../../src/backends/wgsl/index.ts'
import { readModel } from '../../../src/frontend/index.ts'
import type { Tensor } from '../../../src/ir/tensor.ts'
import { lower } from '../../../src/lower/index.ts'
import { runPasses } from '../../../src/passes/pass.ts'
import { pipeline } from '../../../src/passes/pipeline.ts'
import { cifar10, imdb, mnist } from '../../data-sets.ts'
import { type Driver, hasDriver, openDevice } from '../../gpu.ts'
import { runOnnxruntime } from '../../onnxruntime.ts'
import { isMissing, readShared } from '../../shared.ts'
import { importLoader } from '../../wgsl-runner.ts'

const models = [
  { name: 'lenet5', data: 'data/mnist', samples: mnist },
  { name: 'nin', data: 'data/cifar10', samples: cifar10 },
  { name: 'textcnn', data: 'data/imdb', samples: imdb },
]

const COUNT = 24

/**
 * Trained networks on test samples: classes as onnxruntime's, and logits close to its. A sum next to its threshold may
 * fall on either side, since a GPU rounds otherwise; one bit of the first layer moves a logit by a few hundredths.
 */
async function compare(driver: Driver, { name, samples }: (typeof models)[number]): Promise<void> {
  const bytes = readShared(`models/${name}.binary.onnx`)
  const { graph } = await readModel(bytes, { name })
  const plan = lower(runPasses(graph, pipeline).graph, wgsl.lowering)
  const device = await openDevice(driver)
  const { load } = await importLoader(plan)
  const model = await load({ device, maxBatch: 16 })
  const [input] = plan.inputs
  const { inputs } = samples(COUNT)
  const make = input!.dtype === 'i64' ? BigInt64Array : Float32Array
  const all = new make(inputs.slice().buffer as ArrayBuffer, 0, inputs.byteLength / make.BYTES_PER_ELEMENT)
  const length = input!.buffer.length
  const runs = [all.subarray(0, 16 * length), all.subarray(16 * length, COUNT * length)]
  // The second run starts before the first has ended.
  const results = await Promise.all(runs.map(feed => model.run({ [input!.name]: feed })))
  const output = plan.outputs[0]!
  const actual = results.flatMap(result => Array.from(result[output.name]! as Float32Array))
  const classes = output.buffer.length
  let close = 0
  for (let sample = 0; sample < COUNT; sample++) {
    const values = all.slice(sample * length, (sample + 1) * length)
    const tensor: Tensor = { dtype: input!.dtype, shape: input!.shape, values }
    const expected = (await runOnnxruntime(bytes, new Map([[input!.name, tensor]]))).get(output.name)!.values
    const own = actual.slice(sample * classes, (sample + 1) * classes)
    expect(own.indexOf(Math.max(...own)), `class of sample ${sample}`).toBe(expected.indexOf(Math.max(...expected)))
    if (own.every((value, k) => Math.abs(value - expected[k]!) <= 1e-4 * (1 + Math.abs(expected[k]!)))) close++
  }
  expect(close).toBeGreaterThanOrEqual(0.9 * COUNT)
  model.destroy()
  device.destroy()
}

describe.each(models)('$name', model => {
  const missing = isMissing(`models/${model.name}.binary.onnx`) || isMissing(model.data)
  it.runIf(!missing && hasDriver('swiftshader'))('on SwiftShader as onnxruntime', { timeout: 240_000 }, () =>
    compare('swiftshader', model),
  )
  it.runIf(!missing && hasDriver('gles'))('on llvmpipe through GLES as onnxruntime', { timeout: 240_000 }, () =>
    compare('gles', model),
  )
})
