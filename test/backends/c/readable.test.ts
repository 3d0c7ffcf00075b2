import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compile } from '../../../src/index.ts'

const examples = ['lenet5-mnist/lenet5', 'nin-cifar10/nin', 'textcnn-imdb/textcnn']

describe.each(examples)('%s in C', { timeout: 180_000 }, name => {
  test.each([
    ['all', undefined],
    ['none', []],
  ])('is laid out as a person would, instruction sets: %s', async (_, isa) => {
    const bytes = readFileSync(join(import.meta.dirname, `../../../examples/${name}.binary.onnx`))
    const { files } = await compile(bytes, { target: 'c', name: 'net', ...(isa ? { isa } : {}) })
    const lines = files.flatMap(({ content }) => String(content).split('\n'))
    expect(lines.length).toBeGreaterThan(1000)
    expect(lines.filter(line => line.length > 120)).toEqual([])
    expect(lines.filter(line => /for \(int (\w+) = 0; \1 < 1;/.test(line))).toEqual([])
    expect(misplaced(lines)).toEqual([])
  })
})

/** Lines that do not stand two columns inside the brace before them, and braces that do not stand under their beginning. */
function misplaced(lines: readonly string[]): string[] {
  const [open, wrong]: [number[], string[]] = [[], []]
  let opened = false
  for (const line of lines) {
    if (/^\s*(#|\/?\*|$)/.test(line)) continue
    const margin = line.search(/\S/)
    if (line[margin] === '}' && open.length > 0) {
      if (open.pop() !== margin) wrong.push(line)
    } else if (opened && margin !== open.at(-1)! + 2) wrong.push(line)
    // Declarations for C++ stand where those for C do.
    opened = line.endsWith('{') && line !== 'extern "C" {'
    if (opened) open.push(margin)
  }
  return wrong
}
