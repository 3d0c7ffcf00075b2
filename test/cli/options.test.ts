import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { f32 } from '../../src/ir/tensor.ts'
import { model } from '../onnx.ts'
import { filesIn, inFolder, xnorc } from './command.ts'

const bytes = model({
  inputs: { x: 'float[1,3,4,4]' },
  outputs: { y: 'float' },
  nodes: [
    { op: 'Conv', in: ['x', 'w'], out: ['a'], name: 'first' },
    { op: 'Sign', in: ['a'], out: ['b'], name: 'sign' },
    { op: 'Conv', in: ['b', 'v'], out: ['c'], name: 'second' },
    { op: 'Sign', in: ['c'], out: ['d'], name: 'zero' },
    { op: 'Conv', in: ['d', 'u'], out: ['y'], name: 'third' },
  ],
  initializers: {
    w: f32([2, 3, 1, 1], [1, 2, 3, 4, 5, 6]),
    v: f32([2, 2, 1, 1], [1, 1, 1, -1]),
    u: f32([2, 2, 1, 1], [1, 1, 1, -1]),
  },
})

const withModel = (use: (path: string, folder: string) => void): void =>
  inFolder(folder => {
    const path = join(folder, 'net.onnx')
    writeFileSync(path, bytes)
    use(path, folder)
  })

describe('options of the model', () => {
  test('--input-type and --input-layout change the interface, and stand in the header of the code', () => {
    withModel((path, folder) => {
      const form = ['--input-type', 'u8', '--mean', '.5', '--std', '.25,.5,.25', '--input-layout', 'nhwc']
      const { status, stdout } = xnorc('compile', path, '--target', 'c', '--out', folder, '--json', ...form)
      expect(status).toBe(0)
      expect(JSON.parse(stdout).inputs).toEqual([{ name: 'x', dtype: 'u8', shape: [1, 4, 4, 3] }])
      expect(readFileSync(join(folder, 'net.c'), 'utf8')).toContain(
        '--input-type u8 --mean 0.5 --std 0.25,0.5,0.25 --input-layout nhwc',
      )
    })
  })

  test('--isa: only these instruction sets are in the code, and stand in its header', () => {
    withModel((path, folder) => {
      const compile = (...isa: string[]) => {
        const outcome = xnorc('compile', path, '--target', 'c', '--out', folder, ...isa)
        return { ...outcome, code: readFileSync(join(folder, 'net.c'), 'utf8') }
      }
      expect(compile().code).toMatch(/define TARGET_AVX512[\s\S]*define TARGET_AVX2[\s\S]*define TARGET_SSE4/)
      const some = compile('--isa', 'avx2')
      expect(some.code).toContain('Options: --isa avx2')
      expect(some.code).toContain('define TARGET_AVX2')
      expect(some.code).not.toMatch(/TARGET_AVX512|TARGET_SSE4/)
      const old = compile('--isa', 'sse4')
      expect(old.code).toContain('define TARGET_SSE4')
      expect(old.code).not.toContain('TARGET_AVX')
      const none = compile('--isa', 'none')
      expect(none.code).toContain('Options: --isa none')
      expect(none.code).not.toContain('immintrin')
      expect(compile('--isa', 'portable').code).toBe(none.code)
      const unknown = compile('--isa', 'avx2,sse')
      expect(unknown.status).toBe(2)
      expect(unknown.stderr).toContain("There is no 'sse'")
      expect(xnorc('compile', path, '--target', 'wasm', '--isa', 'avx2', '--out', folder).status).toBe(2)
    })
  })

  test('--constants file: the weights in NAME.bin, which every list of files has', () => {
    withModel((path, folder) => {
      const depfile = join(folder, 'net.d')
      const out = join(folder, 'out')
      const compile = (...args: string[]) => xnorc('compile', path, '--out', out, ...args)
      const { status, stdout } = compile('--target', 'c,wasm', '--constants', 'file', '--json', '--depfile', depfile)
      expect(status).toBe(0)
      const [inC, inWasm] = JSON.parse(stdout)
      expect(inC.files).toEqual(['net.c', 'net.h', 'net.bin'])
      expect(inWasm.files).not.toContain('net.bin')
      expect(filesIn(out)).toEqual(['net.bin', 'net.c', 'net.d.ts', 'net.h', 'net.js', 'net.wasm'])
      expect(readFileSync(depfile, 'utf8')).toContain(`${out}/net.bin`)
      const code = readFileSync(join(out, 'net.c'), 'utf8')
      expect(code).toContain('Options: --constants file')
      expect(code).not.toContain('static const')
      const inline = compile('--target', 'c', '--constants', 'inline', '--json')
      expect(JSON.parse(inline.stdout)).toMatchObject({ files: ['net.c', 'net.h'], constantBytes: inC.constantBytes })
      expect(readFileSync(join(out, 'net.c'), 'utf8')).not.toContain('--constants')
    })
  })

  test.each([
    ['c', 'flash', 'Allowed choices are inline, file'],
    ['wasm', 'file', '--constants file is for the target c'],
    ['wasm,wgsl', 'file', '--constants file is for the target c'],
  ])('--target %s --constants %s is wrong usage', (target, constants, message) => {
    withModel((path, folder) => {
      const out = join(folder, 'out')
      const { status, stderr } = xnorc('compile', path, '--target', target, '--constants', constants, '--out', out)
      expect(stderr).toContain(message)
      expect(status).toBe(2)
      expect(filesIn(out)).toEqual([])
    })
  })

  test('--labels: names in a file, which is read and named where it is wrong', () => {
    withModel((path, folder) => {
      const labels = join(folder, 'labels.txt')
      const out = join(folder, 'out')
      const compile = (text: string) => {
        writeFileSync(labels, text)
        const args = ['--target', 'wasm,wgsl', '--labels', labels, '--out', out]
        return xnorc('compile', path, ...args, '--depfile', join(folder, 'net.d'))
      }
      const names = (count: number) => Array.from({ length: count }, (_, k) => `class ${k}\r\n`).join('')
      const wrong = compile(names(99))
      expect([wrong.status, wrong.stderr.trim()]).toEqual([2, expect.stringMatching(/--labels: 99 names, but '/)])
      expect(compile('cat\n\ndog\n').stderr).toContain(`'${labels}' has nothing in line 2`)
      expect(filesIn(out)).toEqual([])
      const [, classes] = /has \[1, (\d+)/.exec(wrong.stderr)!
      const right = compile(names(Number(classes)))
      expect([right.status, right.stderr]).toEqual([0, expect.stringContaining('net.wgsl.d.ts, net.js, net.d.ts in')])
      expect(readFileSync(join(out, 'net.js'), 'utf8')).toContain("  'class 0',\n")
      expect(readFileSync(join(folder, 'net.d'), 'utf8')).toContain(labels)
    })
  })

  test('--first-layer integer: the error bound in the summary, or wrong usage and what to add', () => {
    withModel((path, folder) => {
      const compile = (...form: string[]) =>
        xnorc(
          'compile',
          path,
          '--target',
          'c,wasm',
          '--out',
          join(folder, 'out'),
          '--json',
          '--first-layer',
          'integer',
          ...form,
        )
      const { status, stdout } = compile('--input-type', 'u8', '--mean', '.5', '--std', '.25')
      expect(status).toBe(0)
      const [first] = JSON.parse(stdout)[0].layers
      expect(first).toMatchObject({ name: 'first', kind: 'integer' })
      expect(first.error).toBeGreaterThan(0)
      expect(first.error).toBeLessThan(1e-4)
      expect(first.reason).toContain(`results within ${first.error.toPrecision(2)} of the float weights'`)
      expect(readFileSync(join(folder, 'out', 'net.c'), 'utf8')).toContain('--first-layer integer')
      const refused = compile()
      expect(refused.status).toBe(2)
      expect(refused.stderr).toMatch(/--first-layer integer: .* add --input-type u8/)
    })
  })

  test('--sign-zero: a warning, or status 1 and nothing written', () => {
    withModel((path, folder) => {
      const warned = xnorc('inspect', path)
      expect(warned.status).toBe(0)
      expect(warned.stderr).toContain(
        "warning: sign-of-zero: Sign 'zero' takes the sign of values that can be exactly 0",
      )
      const refused = xnorc('compile', path, '--target', 'c', '--out', join(folder, 'out'), '--sign-zero', 'error')
      expect(refused.status).toBe(1)
      expect(refused.stderr).toMatch(/^error: sign-of-zero: Sign 'zero'/m)
      expect(filesIn(join(folder, 'out'))).toEqual([])
    })
  })

  test('--binarize: named layers become binary', () => {
    withModel(path => {
      const { stdout } = xnorc('inspect', path, '--binarize', 'first', '--scale', 'alpha')
      expect(stdout).toMatch(/first +Conv .* binary .* input ±1 by --binarize; weights ±alpha per filter/)
      expect(stdout).toContain('3 of 3 layers binary')
    })
  })

  test.each([
    [['--binarize', 'first,nowhere'], "there is no layer 'nowhere'"],
    [['--binarize', ','], 'names of nodes separated by commas'],
    [['--scale', 'beta'], 'Allowed choices are alpha, alpha-k'],
    [['--sign-zero', 'minus'], 'Allowed choices are plus, error, exact'],
    [['--first-layer', 'half'], 'Allowed choices are float, integer'],
    [['--input-type', 'f16'], 'Allowed choices are f32, u8'],
    [['--input-layout', 'chwn'], 'Allowed choices are nchw, nhwc'],
    [['--mean', '1'], 'they need --input-type u8'],
    [['--input-type', 'u8', '--mean', '1,2'], "2 values for the 3 channels of 'x'"],
    [['--input-type', 'u8', '--std', '0'], '--std: a value of 0 is 0'],
    [['--std', '1,two'], 'Numbers separated by commas'],
  ])('%j is wrong usage', (options, message) => {
    withModel(path => {
      const { status, stderr } = xnorc('inspect', path, ...options)
      expect(stderr).toContain(message)
      expect(status).toBe(2)
    })
  })
})
