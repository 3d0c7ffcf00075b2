import { expect, it } from 'vitest'
import { printWasm } from '../../../src/backends/wasm/index.ts'
import { lower } from '../../../src/lower/index.ts'
import { smallGraph } from '../../small-graph.ts'
import { typeCheck } from '../type-check.ts'

const consumer = `
import { type Inputs, lengths, load, type Outputs } from './small.js'
const model = await load()
const image = new Float32Array(lengths.image)
const { logits }: { logits: Float32Array } = model.run({ image })
const inputs: Inputs = { image }
const outputs: Outputs = model.run(inputs)
const name: 'image' = model.inputs[0].name
const shape: readonly [1, 6, 6, 2] = model.inputs[0].shape
const elements: 72 = lengths.image
await load(fetch('small.wasm'))
await load(new URL('small.wasm', import.meta.url))
await load(new Uint8Array(8))
// @ts-expect-error the input has another name
model.run({ picture: image })
// @ts-expect-error and another type
model.run({ image: new Float64Array(72) })
// @ts-expect-error there is no such output
outputs.probabilities
console.log(logits, name, shape, elements)
`

it('the declarations type-check a program that uses them, and refuse one that misuses them', async () => {
  const files = await printWasm(lower(smallGraph()), { version: 'test' })
  expect(typeCheck(files, consumer)).toBe('')
})
