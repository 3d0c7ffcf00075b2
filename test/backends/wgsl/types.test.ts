import { expect, it } from 'vitest'
import { wgsl } from '../../../src/backends/wgsl/index.ts'
import { lower } from '../../../src/lower/index.ts'
import { smallGraph } from '../../small-graph.ts'
import { typeCheck } from '../type-check.ts'

const consumer = `
import { type Inputs, load, type Outputs } from './small.js'
const adapter = await navigator.gpu.requestAdapter()
const device: GPUDevice = await adapter!.requestDevice()
const model = await load({ device, maxBatch: 4 })
const image = new Float32Array(72)
const { logits }: { logits: Float32Array } = await model.run({ image })
const inputs: Inputs = { image }
const outputs: Outputs = await model.run(inputs)
const name: 'image' = model.inputs[0].name
const shape: readonly [1, 6, 6, 2] = model.inputs[0].shape
await load({ wgsl: '', weights: new Uint8Array(8) })
for (const { kernel, microseconds } of await model.time(inputs)) console.log(kernel, microseconds.toFixed(1))
// @ts-expect-error the input has another name
model.run({ picture: image })
// @ts-expect-error and another type
model.run({ image: new Float64Array(72) })
// @ts-expect-error there is no such output
outputs.probabilities
model.destroy()
console.log(logits, name, shape)
`

it('the declarations type-check a program that uses them, and refuse one that misuses them', async () => {
  const files = await wgsl.print(lower(smallGraph(), wgsl.lowering), { version: 'test' })
  expect(typeCheck(files, consumer)).toBe('')
})
