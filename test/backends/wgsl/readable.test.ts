import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compile } from '../../../src/index.ts'

const examples = ['lenet5-mnist/lenet5', 'nin-cifar10/nin', 'textcnn-imdb/textcnn']

test.each(examples)('%s has no line above 120 columns and no loop that runs once', { timeout: 180_000 }, async name => {
  const bytes = readFileSync(join(import.meta.dirname, `../../../examples/${name}.binary.onnx`))
  const { files } = await compile(bytes, { target: 'wgsl', name: 'net' })
  const kernels = String(files.find(({ path }) => path === 'net.wgsl')!.content)
  const lines = kernels.split('\n')
  expect(lines.length).toBeGreaterThan(200)
  expect(lines.filter(line => line.length > 120)).toEqual([])
  expect(lines.filter(line => /for \(var \w+ = 0; \w+ < 1;/.test(line))).toEqual([])
})
