import { describe, expect, test } from 'vitest'
import { adaptInputs, type InputForm } from '../../src/frontend/adapt-inputs.ts'
import { readModel } from '../../src/frontend/index.ts'
import { evaluateNode, interpret } from '../../src/ir/interpret.ts'
import { create, input } from '../../src/ir/node.ts'
import { f32, numbersOf, type Tensor } from '../../src/ir/tensor.ts'
import { verify } from '../../src/ir/verify.ts'
import { runPasses } from '../../src/passes/pass.ts'
import { pipeline } from '../../src/passes/pipeline.ts'
import { model } from '../onnx.ts'
import { randomTensor } from '../random.ts'
import { isMissing, readShared } from '../shared.ts'

const f = Math.fround
const mean = [0.4914, 0.4822, 0.4465]
const std = [0.247, 0.2435, 0.2616]

/** A padded first layer and a sign behind it. */
const network = model({
  inputs: { x: 'float[1,3,6,6]' },
  outputs: { y: 'float' },
  nodes: [
    { op: 'Conv', in: ['x', 'w', 'b'], out: ['c'], name: 'first', attrs: { pads: [1, 1, 1, 1] } },
    { op: 'Sign', in: ['c'], out: ['s'], name: 'sign' },
    { op: 'Conv', in: ['s', 'v'], out: ['y'], name: 'second', attrs: { pads: [1, 0, 0, 1] } },
  ],
  initializers: {
    w: randomTensor({ dtype: 'f32', shape: [4, 3, 3, 3] }, 1),
    b: randomTensor({ dtype: 'f32', shape: [4] }, 2),
    v: f32(
      [2, 4, 2, 2],
      new Array(32).fill(0).map((_, i) => (i % 3 ? 0.5 : -0.5)),
    ),
  },
})
const pixels = randomTensor({ dtype: 'u8', shape: [1, 3, 6, 6] }, 3)
const normalised = f32(
  [1, 3, 6, 6],
  numbersOf(pixels).map((x, i) => f(f(f(x / 255) - f(mean[Math.floor(i / 36)]!)) / f(std[Math.floor(i / 36)]!))),
)

const toNhwc = (x: Tensor): Tensor =>
  evaluateNode(create('transpose', [input('x', x)], { perm: [0, 2, 3, 1] }, ['x']), [x])

async function run(form: InputForm, x: Tensor): Promise<number[]> {
  const { graph } = await readModel(network)
  const adapted = adaptInputs(graph, form)
  verify(adapted)
  const results = [adapted, runPasses(adapted, pipeline).graph].map(
    each => interpret(each, new Map([['x', x]])).get('y')!,
  )
  expect(numbersOf(results[1]!)).toEqual(numbersOf(results[0]!))
  return numbersOf(results[0]!)
}

describe('inputs in another form', () => {
  test('pixels, with the border of a padded first layer at 0 in normalised space', async () => {
    expect(await run({ inputType: 'u8', mean, std }, pixels)).toEqual(await run({}, normalised))
  })
  test('pixels as NHWC', async () => {
    const form: InputForm = { inputType: 'u8', inputLayout: 'nhwc', mean, std }
    expect(await run(form, toNhwc(pixels))).toEqual(await run({}, normalised))
  })
  test('pixels of a canvas, whose alpha does not matter', async () => {
    const form: InputForm = { inputType: 'u8', inputLayout: 'rgba', mean, std }
    const colours = numbersOf(toNhwc(pixels))
    const bytes = Uint8Array.from({ length: 144 }, (_, i) => (i % 4 === 3 ? i : colours[3 * (i >> 2) + (i % 4)]!))
    const canvas: Tensor = { dtype: 'u8', shape: [1, 6, 6, 4], values: bytes }
    expect(await run(form, canvas)).toEqual(await run({}, normalised))
    expect(await run({ ...form, mean: [0.5] }, canvas)).not.toEqual(await run({}, normalised))
  })
  test('floats as NHWC', async () => {
    expect(await run({ inputLayout: 'nhwc' }, toNhwc(normalised))).toEqual(await run({}, normalised))
  })
  test('pixels as they are, and one mean for all channels', async () => {
    const raw = f32([1, 3, 6, 6], numbersOf(pixels))
    expect(await run({ inputType: 'u8' }, pixels)).toEqual(await run({}, raw))
    const unit = f32(
      [1, 3, 6, 6],
      numbersOf(pixels).map(x => f(f(x / 255) - f(0.5))),
    )
    expect(await run({ inputType: 'u8', mean: [0.5] }, pixels)).toEqual(await run({}, unit))
  })
  test('what it is already, nothing changes', async () => {
    const { graph } = await readModel(network)
    expect(adaptInputs(graph, { inputLayout: 'nchw', inputType: 'f32' })).toEqual(graph)
  })
  test.skipIf(isMissing('models/gtsrb_30.onnx'))('a model that takes NHWC is seen to', async () => {
    const { graph } = await readModel(readShared('models/gtsrb_30.onnx'))
    const shapeOf = (inputLayout: 'nchw' | 'nhwc') => adaptInputs(graph, { inputLayout }).inputs[0]!.type.shape
    expect(shapeOf('nhwc')).toEqual([1, 30, 30, 3])
    expect(shapeOf('nchw')).toEqual([1, 3, 30, 30])
  })
})

test.each<[InputForm, string]>([
  [{ mean: [1] }, '--mean and --std: they need --input-type u8'],
  [{ inputType: 'u8', std: [1, 0, 1] }, '--std: a value of 1,0,1 is 0 in single precision'],
  [{ inputType: 'u8', std: [1e-50] }, '--std: a value of 1e-50 is 0 in single precision'],
  [{ inputType: 'u8', std: [1e-40] }, '--std: a value of 1e-40 makes pixels that are not finite in single precision'],
  [{ inputType: 'u8', std: [1e39] }, '--std: a value of 1e+39 makes pixels that are not finite in single precision'],
  [{ inputType: 'u8', mean: [1e300] }, '--mean: a value of 1e+300 is no finite number of single precision'],
  [{ inputType: 'u8', mean: [3e38], std: [0.1] }, '--std: a value of 0.1 makes pixels that are not finite'],
  [{ inputType: 'u8', std: [Number.NaN] }, '--std: a value of NaN makes pixels'],
  [{ inputType: 'u8', mean: [1, 2] }, "--mean: 2 values for the 3 channels of 'x'; 1 or 3 are needed"],
  [{ inputLayout: 'rgba' }, '--input-layout: rgba needs --input-type u8, and an input that is an image'],
])('%j is refused', async (form, message) => {
  const { graph } = await readModel(network)
  expect(() => adaptInputs(graph, form)).toThrow(`invalid-option: ${message}`)
})

test('a layout for a model without images is refused', async () => {
  const { graph } = await readModel(
    model({ inputs: { x: 'float[1,4]' }, outputs: { y: 'float' }, nodes: [{ op: 'Relu', in: ['x'], out: ['y'] }] }),
  )
  expect(() => adaptInputs(graph, { inputLayout: 'nhwc' })).toThrow('invalid-option: --input-layout')
})
