import { describe, expect, test } from 'vitest'
import { type ReadOptions, readModel } from '../../src/frontend/index.ts'
import { CompileError } from '../../src/ir/diagnostic.ts'
import { diagnostics } from '../../src/ir/diagnostics.ts'
import { model } from '../onnx.ts'
import { samples } from './samples.ts'

async function refusal(bytes: Uint8Array, options?: ReadOptions): Promise<CompileError> {
  const error = await readModel(bytes, options).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(CompileError)
  return error as CompileError
}

for (const [code, list] of Object.entries(samples))
  describe(code, () => {
    test.each(list.map(([bytes, message]) => [message, bytes] as const))('%s', async (message, bytes) => {
      const { diagnostics: found, message: text } = await refusal(bytes)
      expect(found.map(each => each.code)).toContain(code)
      expect(text).toContain(message)
      for (const { message: line } of found) expect(line).not.toContain('\n')
    })
  })

test('every code of the catalogue has a sample', () => {
  // Warnings are sampled beside what causes them.
  const warnings = [
    'rounded-to-f32',
    'computed-in-f32',
    'shape-differs',
    'input-not-binary',
    'zero-weights',
    'changed-weights',
    'noisy-weights',
    'clamped-to-32-bits',
    'rounded-sums',
  ]
  // Refusals of other stages, sampled in test/passes, test/compile and test/large.
  const later = ['sign-of-zero', 'invalid-option', 'not-integer', 'constants-too-large', 'fixed-batch']
  const codes = Object.values(diagnostics as Record<string, (...args: never[]) => { code: string }>).map(
    make => make(...(['input', 'input', 'input', 'input'] as never[])).code,
  )
  const known = [...Object.keys(samples), ...warnings, ...later]
  expect(codes.filter(code => !known.includes(code))).toEqual([])
})

describe('all at once', () => {
  const nodes = [
    { op: 'GRU', in: ['x'], out: ['a'], name: 'first' },
    { op: 'Relu', in: ['a'], out: ['b'], name: 'hidden behind it' },
    { op: 'Relu', in: ['x'], out: ['c'], name: 'second', attrs: { gain: 2 } },
    { op: 'Add', in: ['b', 'c'], out: ['out'], name: 'last' },
    { op: 'LSTM', in: ['x'], out: ['dead'], name: 'dead code' },
  ]

  test('every unsupported node that an output needs, and nothing that follows from it', async () => {
    const error = await refusal(model({ inputs: { x: 'float[1]' }, outputs: { out: 'float' }, nodes }))
    expect(error.diagnostics.map(({ where }) => where.node)).toEqual(['first', 'second'])
    expect(error.message).toBe(
      [
        "unsupported-op: GRU 'first' is not supported. Rewrite the model without it, or cut the graph before it.",
        "unsupported-attribute: Relu 'second' has gain=2; supported: a node without it.",
      ].join('\n'),
    )
  })

  test('what no output needs may be anything', async () => {
    await expect(readModel(model({ inputs: { x: 'float[1]' }, outputs: { x: 'float' }, nodes }))).resolves.toBeDefined()
  })
})
