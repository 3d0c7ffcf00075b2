import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { f32 } from '../../src/ir/tensor.ts'
import { model } from '../onnx.ts'
import { filesIn, inFolder, type Outcome, xnorc } from './command.ts'

const lenet5 = readFileSync(join(import.meta.dirname, '../../examples/lenet5-mnist/lenet5.binary.onnx'))

/** Compiles bytes that are wrong: exit 1, a line per reason, no stack trace, nothing written. */
function refuse(bytes: Uint8Array): string[] {
  return inFolder(folder => {
    writeFileSync(join(folder, 'wrong.onnx'), bytes)
    const outcome = xnorc('compile', join(folder, 'wrong.onnx'), '--target', 'c', '--out', join(folder, 'out'))
    expect(filesIn(join(folder, 'out'))).toEqual([])
    return reasonsOf(outcome)
  })
}

function reasonsOf({ status, stdout, stderr }: Outcome): string[] {
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).not.toMatch(/^\s+at /m)
  const lines = stderr.trimEnd().split('\n')
  for (const line of lines) expect(line).toMatch(/^error: [a-z0-9-]+: /)
  return lines
}

describe('wrong models', () => {
  test('a file cut short at 20 places', { timeout: 180_000 }, () => {
    for (let i = 0; i < 20; i++)
      expect(refuse(lenet5.subarray(0, Math.floor((lenet5.length * i) / 20)))).toHaveLength(1)
  })

  test('text', () => {
    expect(refuse(new TextEncoder().encode('{ "this": "is no model" }'))).toHaveLength(1)
  })

  test('every unsupported node at once, by name', () => {
    const nodes = [
      { op: 'Einsum', in: ['x'], out: ['a'], name: 'first' },
      { op: 'Relu', in: ['a'], out: ['b'], name: 'between' },
      { op: 'NoSuchOp', in: ['x'], out: ['c'], name: 'second' },
      { op: 'Add', in: ['b', 'c'], out: ['y'], name: 'sum' },
    ]
    const reasons = refuse(model({ inputs: { x: 'float[1,4]' }, outputs: { y: 'float' }, nodes }))
    expect(reasons).toHaveLength(2)
    expect(reasons[0]).toContain("Einsum 'first'")
    expect(reasons[1]).toContain("NoSuchOp 'second'")
  })

  test('shapes that do not fit', () => {
    const [reason] = refuse(
      model({
        inputs: { x: 'float[1,3,8,8]' },
        outputs: { y: 'float' },
        nodes: [{ op: 'Conv', in: ['x', 'w'], out: ['y'], name: 'conv' }],
        initializers: { w: f32([2, 4, 1, 1], new Float32Array(8)) },
      }),
    )
    expect(reason).toContain("Conv 'conv'")
  })
})

describe('wrong usage', () => {
  const cases: Readonly<Record<string, readonly string[]>> = {
    'no target': ['compile', 'x.onnx'],
    'options of another target': ['compile', 'x.onnx', '--target', 'c', '--inline'],
    'an unknown target': ['compile', 'x.onnx', '--target', 'fpga'],
    'an unknown option': ['compile', 'x.onnx', '--target', 'c', '--fast'],
    'an unknown command': ['translate', 'x.onnx'],
    'a batch that is no number': ['compile', 'x.onnx', '--target', 'c', '--batch', 'many'],
    'an unknown pass': ['inspect', 'x.onnx', '--print-after', 'magic'],
  }
  test.each(Object.entries(cases))('%s', (_, args) => {
    inFolder(folder => {
      writeFileSync(join(folder, 'x.onnx'), lenet5)
      const at = args.map(arg => (arg === 'x.onnx' ? join(folder, arg) : arg))
      const { status, stdout, stderr } = xnorc(...at)
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
      expect(stderr).toMatch(/^error: /)
      expect(stderr).not.toMatch(/^\s+at /m)
    })
  })
})

describe('what is unknown is named before what is missing', () => {
  const cases = [
    [['compile', '--frob'], "unknown option '--frob'"],
    [['compile', '--frob', '--out', 'x'], "unknown option '--frob'"],
    [['compile', '--targt', 'c'], "unknown option '--targt'"],
    [['eval', '--frob'], "unknown option '--frob'"],
    [['inspect', '--frob'], "unknown option '--frob'"],
    [['frob'], "unknown command 'frob'"],
    [['frob', '--target'], "unknown command 'frob'"],
    [['compile', 'x.onnx'], "required option '--target <list>' not specified"],
    [['eval', 'x.onnx'], "required option '--data <path>' not specified"],
    [
      ['compile', '--target', 'c'],
      "missing required argument 'model.onnx': there is no xnorc.config.json here that names models",
    ],
  ] as const
  test.each(cases)('%j', (args, message) => {
    const { status, stdout, stderr } = xnorc(...args)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr.split('\n')[0]).toBe(`error: ${message}`)
  })
})

describe('wrong files', () => {
  test('a model that is not there', () => {
    const { status, stderr } = xnorc('inspect', '/nowhere/model.onnx')
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: "error: cannot read '/nowhere/model.onnx': no such file\n",
    })
  })

  test('a folder that cannot be made: nothing is written', () => {
    inFolder(folder => {
      writeFileSync(join(folder, 'file'), '')
      mkdirSync(join(folder, 'models'))
      writeFileSync(join(folder, 'models/net.onnx'), lenet5)
      const { status, stderr } = xnorc(
        'compile',
        join(folder, 'models/net.onnx'),
        '--target',
        'c',
        '--out',
        join(folder, 'file'),
      )
      expect(status).toBe(1)
      expect(stderr).toMatch(/^error: cannot write to /)
      expect(filesIn(join(folder, 'models'))).toEqual(['net.onnx'])
    })
  })
})
