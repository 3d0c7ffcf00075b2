import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Ajv } from 'ajv'
import { zipSync } from 'fflate'
import { afterAll, describe, expect, test } from 'vitest'
import { makeSchema } from '../../scripts/schema.js'
import { hasCompiler } from '../c-runner.ts'
import { smallNetwork } from '../verify/small-network.ts'
import { xnorc } from './command.ts'
import { npy } from './npy-bytes.ts'

const schema = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../schema/v1.json'), 'utf8'))

const folder = mkdtempSync(join(tmpdir(), 'xnorc-test-'))
afterAll(() => rmSync(folder, { recursive: true }))
const model = join(folder, 'small.onnx')
writeFileSync(model, smallNetwork())
const arrays = {
  'x.npy': npy('<f4', '2, 3, 8, 8', new Float32Array(384)),
  'y.npy': npy('|u1', '2,', Uint8Array.of(0, 4)),
}
writeFileSync(join(folder, 'data.npz'), zipSync(arrays))

/** Beside what readers are promised: every field that is printed is described. */
const closed = JSON.parse(JSON.stringify(schema), (_, value) =>
  value?.properties && !value.properties.compile ? { ...value, additionalProperties: false } : value,
)

function faultsOf(command: string, output: unknown): unknown {
  const ajv = new Ajv({ schemas: [closed], allowUnionTypes: true })
  const validate = ajv.getSchema(`${schema.$id}#/definitions/${command}`)!
  return validate(output) ? [] : validate.errors
}

test('the schema is made of the types: npm run schema', () => expect(schema).toEqual(makeSchema()))

describe('real output is as the schema says', () => {
  const compilers = ['verify', 'eval', 'bench', 'size']
  const hasC = hasCompiler('gcc')
  const runs: readonly (readonly string[])[] = [
    ['compile', model, '--target', 'c', '--out', folder],
    ['compile', model, '--target', 'c,wasm,wgsl', '--out', folder, '--input-type', 'u8', '--mean', '0', '--std', '1'],
    ['inspect', model],
    ['verify', model],
    ['verify', model, '--target', 'c,wasm', '--samples', '1'],
    ['eval', model, '--data', join(folder, 'data.npz')],
    ['bench', model, '--milliseconds', '5'],
    ['bench', model, '--target', 'wasm', '--milliseconds', '5'],
    ['size', model, '--cc', 'gcc -Os'],
    ['doctor'],
  ]
  test.each(runs.filter(([command]) => hasC || !compilers.includes(command!)))('%s %s %s %s', (...args) => {
    const { status, stdout, stderr } = xnorc(...args, '--json')
    expect([status, stdout === '' ? stderr : '']).toEqual([0, ''])
    expect(faultsOf(args[0]!, JSON.parse(stdout))).toEqual([])
  })
})

test('what is missing or of another kind is found', () => {
  const right = { samples: 4, correct: 3, accuracy: 0.75, loss: 'NaN', outOfRange: 0 }
  expect(faultsOf('eval', right)).toEqual([])
  for (const wrong of [
    { ...right, loss: 'high' },
    { ...right, extra: 1 },
    { ...right, samples: undefined },
  ])
    expect(faultsOf('eval', JSON.parse(JSON.stringify(wrong)))).not.toEqual([])
})
