import { describe, expect, test } from 'vitest'
import { readModel } from '../../src/frontend/index.ts'
import { parse } from '../../src/ir/parse.ts'
import { print } from '../../src/ir/print.ts'
import { verify } from '../../src/ir/verify.ts'
import { expectLikeOnnxruntime } from '../onnxruntime.ts'
import { isMissing, readShared } from '../shared.ts'

/** `range` of the inputs: pixels of gtsrb are 0..255, token ids stay below the size of the vocabulary. */
const cases = [
  { file: 'lenet5.binary.onnx', range: 2 },
  { file: 'nin.binary.onnx', range: 2 },
  { file: 'textcnn.binary.onnx', range: 20000 },
  { file: 'gtsrb_30.onnx', range: 255 },
]

describe.each(cases)('$file', ({ file, range }) => {
  test.skipIf(isMissing(`models/${file}`))('is interpreted as onnxruntime runs it', { timeout: 180_000 }, async () => {
    await expectLikeOnnxruntime(readShared(`models/${file}`), range)
  })
})

test.skipIf(isMissing('models/qonnx_tfc_1w1a.onnx'))('qonnx_tfc_1w1a.onnx', async () => {
  const { graph } = await readModel(readShared('models/qonnx_tfc_1w1a.onnx'))
  verify(graph)
  expect(print(parse(print(graph)))).toBe(print(graph))
  expect(graph.outputs.map(({ node }) => node.type)).toEqual([{ dtype: 'f32', shape: [1, 10] }])
})
