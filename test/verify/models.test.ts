import { describe, expect, test } from 'vitest'
import { c } from '../../src/backends/c/index.ts'
import { createCRunner } from '../../src/run/c.ts'
import { makeFeeds } from '../../src/run/inputs.ts'
import { openOnnxruntime } from '../../src/verify/onnxruntime.ts'
import { verifyModel } from '../../src/verify/verify-model.ts'
import { hasCompiler } from '../c-runner.ts'
import { isMissing, readShared } from '../shared.ts'

const models = ['lenet5.binary', 'textcnn.binary', 'gtsrb_30'] as const

describe.each(models)('%s', name => {
  const path = `models/${name}.onnx`
  test.skipIf(isMissing(path) || !hasCompiler('gcc'))(
    'is verified, every layer and the outputs',
    { timeout: 240_000 },
    async () => {
      const bytes = readShared(path)
      const onnxruntime = await openOnnxruntime(bytes)
      const result = await verifyModel(bytes, {
        name,
        backend: c,
        runner: createCRunner(),
        feeds: graph => [makeFeeds(graph, 1)],
        references: typeof onnxruntime === 'string' ? [] : [onnxruntime],
        tolerance: 1e-5,
      })
      expect(result.faults).toEqual([])
      expect(result.layers.filter(({ wrong, cleanTails }) => wrong > 0 || !cleanTails)).toEqual([])
      expect(result.outputs.map(({ reference, verdict }) => [reference, verdict])).toEqual([
        ['interpreter', 'equal'],
        ['onnxruntime', 'equal'],
      ])
    },
  )
})
