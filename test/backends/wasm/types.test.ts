import { execFileSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { lower } from '../../../src/backends/lower.ts'
import { printWasm } from '../../../src/backends/wasm/index.ts'
import { smallGraph } from '../../small-graph.ts'

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
  const folder = mkdtempSync(join(tmpdir(), 'xnorc-types-'))
  const files = await printWasm(lower(smallGraph()), { version: 'test' })
  for (const { path, content } of files) writeFileSync(join(folder, path), content)
  writeFileSync(join(folder, 'consumer.ts'), consumer)
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  const tsc = join(import.meta.dirname, '../../../node_modules/typescript/bin/tsc')
  const compilerOptions = {
    noEmit: true,
    strict: true,
    target: 'es2022',
    module: 'nodenext',
    lib: ['es2023', 'dom'],
    types: [],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }))
  const run = () => execFileSync(process.execPath, [tsc], { cwd: folder, encoding: 'utf8' })
  let complaints = ''
  try {
    run()
  } catch (error) {
    complaints = (error as { stdout: string }).stdout
  }
  expect(complaints).toBe('')
})
