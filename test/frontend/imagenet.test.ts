import { describe, expect, test } from 'vitest'
import { readModel } from '../../src/frontend/index.ts'
import { verify } from '../../src/ir/verify.ts'
import { isMissing, readShared } from '../shared.ts'

/** The graphs of well-known networks, with constant weights: does everything in them import, with the right shapes? */
const cases = [
  ['bvlc_alexnet', [1, 1000]],
  ['densenet121', [1, 1000, 1, 1]],
  ['inception_v1', [1, 1000]],
  ['inception_v2', [1, 1000]],
  ['resnet50', [1, 1000]],
  ['shufflenet', [1, 1000]],
  ['squeezenet', [1, 1000, 1, 1]],
  ['vgg19', [1, 1000]],
  ['zfnet512', [1, 1000]],
] as const

describe.each(cases)('%s', (name, shape) => {
  test.skipIf(isMissing(`data/onnx-light/light_${name}.onnx`))('imports', { timeout: 180_000 }, async () => {
    const { graph } = await readModel(readShared(`data/onnx-light/light_${name}.onnx`))
    verify(graph)
    expect(graph.outputs.map(({ node }) => node.type)).toEqual([{ dtype: 'f32', shape }])
  })
})
