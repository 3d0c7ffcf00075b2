import { expect, it } from 'vitest'
import { benchWgsl } from '../../../src/bench/wgsl.ts'
import { isChromiumMissing } from '../../chromium.ts'
import { isMissing, readShared } from '../../shared.ts'

const missing = isMissing('models/lenet5.binary.onnx') || isChromiumMissing()

it.skipIf(missing)('LeNet-5 beats onnxruntime-web on WebGPU, in one Chromium', { timeout: 180_000 }, async () => {
  const bench = await benchWgsl(readShared('models/lenet5.binary.onnx'), {
    name: 'lenet5',
    batches: [1, 3],
    seconds: 1,
  })
  expect(bench.batches.map(({ batch }) => batch)).toEqual([1, 3])
  expect(bench.batches[0]!.ratio).toBeGreaterThan(2)
  expect(bench.kernels.length).toBeGreaterThan(5)
})
