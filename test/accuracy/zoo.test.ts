import { gunzipSync } from 'node:zlib'
import pkg from 'onnx-proto'
import { describe, expect, test } from 'vitest'
import { adaptInputs, type InputForm } from '../../src/frontend/adapt-inputs.ts'
import { readModel } from '../../src/frontend/index.ts'
import { lower } from '../../src/lower/index.ts'
import { runPasses } from '../../src/passes/pass.ts'
import { pipeline } from '../../src/passes/pipeline.ts'
import { compileC, floatsOf } from '../c-runner.ts'
import { isMissing, readShared } from '../shared.ts'

const { onnx } = pkg

/** Models of other people through generated C, fed with pixels. */
async function run(bytes: Uint8Array, form: InputForm, name: string, pixels: Uint8Array): Promise<Float32Array> {
  const { graph } = await readModel(bytes, { name })
  const plan = lower(runPasses(adaptInputs(graph, form), pipeline).graph)
  return floatsOf(plan, compileC([plan]).runBytes(plan, pixels))
}

const unzip = (path: string): Uint8Array => new Uint8Array(gunzipSync(readShared(path)))

/** The model without its last node, a softmax, in which differences would hide. */
function withoutSoftmax(bytes: Uint8Array): Uint8Array {
  const proto = onnx.ModelProto.decode(bytes)
  const softmax = proto.graph!.node!.pop()!
  expect(softmax.opType).toBe('Softmax')
  proto.graph!.output![0]!.name = softmax.input![0]!
  return onnx.ModelProto.encode(proto).finish()
}

describe.skipIf(isMissing('data/gtsrb'))('gtsrb_30', () => {
  test('the integers before softmax are those of onnxruntime, on all 2,000 images', { timeout: 240_000 }, async () => {
    const logits = unzip('data/gtsrb/logits_30.f32.gz')
    const expected = new Float32Array(logits.buffer, logits.byteOffset, logits.byteLength / 4)
    const model = withoutSoftmax(readShared('models/gtsrb_30.onnx'))
    const pixels = unzip('data/gtsrb/images_30x30_nhwc.u8.gz')
    const actual = await run(model, { inputType: 'u8' }, 'gtsrb', pixels)
    expect(actual.length).toBe(2000 * 43)
    expect(actual).toEqual(expected)
  })
})

/** Of 10,000 digits, whose pixels are fed as x / 255. */
const digits = {
  'qonnx_tfc_1w1a.onnx': { published: 93.17, right: 9296 },
  'qonnx/TFC_1W2A.onnx': { published: 94.79, right: 9474 },
  'qonnx/TFC_2W2A.onnx': { published: 96.6, right: 9660 },
}

describe.skipIf(isMissing('data/mnist'))('10,000 digits', () => {
  for (const [name, { published, right }] of Object.entries(digits))
    test.skipIf(isMissing(`models/${name}`))(`${name}, published: ${published} %`, { timeout: 240_000 }, async () => {
      const pixels = unzip('data/mnist/t10k-images-idx3-ubyte.gz').subarray(16)
      const labels = unzip('data/mnist/t10k-labels-idx1-ubyte.gz').subarray(8)
      const values = await run(readShared(`models/${name}`), { inputType: 'u8', mean: [0] }, 'tfc', pixels)
      const found = labels.filter((label, i) => {
        const row = values.subarray(i * 10, (i + 1) * 10)
        return row.indexOf(Math.max(...row)) === label
      }).length
      expect(found).toBe(right)
    })
})
