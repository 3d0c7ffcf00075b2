import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import type { MemoryUse } from '../../src/cli/show-memory.ts'
import { parse } from '../../src/ir/parse.ts'
import { f32 } from '../../src/ir/tensor.ts'
import type { Summary } from '../../src/summary.ts'
import { version } from '../../src/version.ts'
import { model } from '../onnx.ts'
import { filesIn, inFolder, xnorc } from './command.ts'

const examples = join(import.meta.dirname, '../../examples')
const lenet5 = join(examples, 'lenet5-mnist/lenet5.binary.onnx')
const nin = join(examples, 'nin-cifar10/nin.binary.onnx')

describe('compile', () => {
  test('writes C and says what it made', () => {
    inFolder(folder => {
      const { status, stdout, stderr } = xnorc('compile', lenet5, '--target', 'c', '--out', join(folder, 'a/b'))
      expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
      expect(stderr).toContain('2 of 5 layers binary')
      expect(filesIn(join(folder, 'a/b'))).toEqual(['lenet5_binary.c', 'lenet5_binary.h'])
    })
  })

  test('keeps the sizes it promises', () => {
    const limits = { [lenet5]: [105_000, 24_000], [nin]: [220_000, 96_000] } as const
    for (const [path, [constants, workspace]] of Object.entries(limits)) {
      const { stdout } = inFolder(folder => xnorc('compile', path, '--target', 'c', '--out', folder, '--json'))
      const summary = JSON.parse(stdout)
      expect(summary.constantBytes).toBeLessThanOrEqual(constants)
      expect(summary.workspaceBytes).toBeLessThanOrEqual(workspace)
    }
  })

  test('the same model gives the same bytes', () => {
    inFolder(folder => {
      for (const run of ['1', '2']) xnorc('compile', nin, '--target', 'c', '--out', join(folder, run))
      for (const file of filesIn(join(folder, '1')))
        expect(readFileSync(join(folder, '1', file))).toEqual(readFileSync(join(folder, '2', file)))
    })
  })

  test('--json: the summary on stdout, and nothing else', () => {
    inFolder(folder => {
      const { stdout } = xnorc('compile', lenet5, '--target', 'c', '--out', folder, '--name', 'my-net', '--json')
      const summary = JSON.parse(stdout)
      expect(summary).toMatchObject({
        name: 'my_net',
        target: 'c',
        files: ['my_net.c', 'my_net.h'],
        inputs: [{ name: 'input', dtype: 'f32', shape: [1, 1, 28, 28] }],
        outputs: [{ name: 'logits', dtype: 'f32', shape: [1, 10] }],
      })
      expect(summary.layers.map((layer: { kind: string }) => layer.kind)).toEqual([
        'float',
        'float',
        'binary',
        'binary',
        'float',
      ])
      expect(Object.keys(summary.layers[0])).toEqual(
        expect.arrayContaining(['name', 'op', 'kind', 'reason', 'macs', 'bytes']),
      )
    })
  })

  test('--depfile: a rule for Make and Ninja', () => {
    inFolder(folder => {
      const depfile = join(folder, 'net.d')
      xnorc('compile', lenet5, '--target', 'c', '--out', folder, '--name', 'net', '--depfile', depfile)
      expect(readFileSync(depfile, 'utf8')).toBe(`${folder}/net.c ${folder}/net.h: ${lenet5}\n`)
    })
  })

  test('--dump-ir: every step, readable again; --print-after and --timing on stderr', () => {
    inFolder(folder => {
      const dump = join(folder, 'ir')
      const look = ['--dump-ir', dump, '--print-after', 'choose-binary', '--timing']
      const { stderr } = xnorc('compile', lenet5, '--target', 'c', '--out', folder, ...look)
      const files = filesIn(dump)
      expect(files.some(file => file.endsWith('-find-thresholds.ir') || file.endsWith('-choose-binary.ir'))).toBe(true)
      for (const file of files) expect(parse(readFileSync(join(dump, file), 'utf8')).outputs).toHaveLength(1)
      expect(stderr).toContain('binaryConv2d(')
      expect(stderr).toMatch(/ms {2}choose-binary/)
    })
  })

  test('--weights exact keeps layers of trained weights float', () => {
    const weights = f32(
      [2, 3, 1, 1],
      Array.from({ length: 6 }, (_, i) => Math.sin(i * i)),
    )
    const bytes = model({
      inputs: { x: 'float[1,3,4,4]' },
      outputs: { y: 'float' },
      nodes: [
        { op: 'Sign', in: ['x'], out: ['s'], name: 'sign' },
        { op: 'Conv', in: ['s', 'w'], out: ['y'], name: 'conv' },
      ],
      initializers: { w: weights },
    })
    inFolder(folder => {
      writeFileSync(join(folder, 'latent.onnx'), bytes)
      const kinds = ['xnor', 'centered', 'exact'].map(mode => {
        const { stdout } = xnorc('inspect', join(folder, 'latent.onnx'), '--weights', mode, '--json')
        return JSON.parse(stdout).layers[0].kind
      })
      expect(kinds).toEqual(['binary', 'binary', 'float'])
    })
  })
})

interface Place {
  readonly offset: number
  readonly bytes: number
}

const disjoint = (a: Place, b: Place): boolean => a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset

describe('inspect', () => {
  test('a row per layer, with the reason', () => {
    const { status, stdout } = xnorc('inspect', lenet5)
    expect(status).toBe(0)
    expect(stdout).toMatch(/\/4\/Conv_1 +Conv +1×8×8×50 +binary .* weights ±alpha per filter/)
    expect(stdout).toMatch(/\/4\/Conv +Conv .* K map/)
    expect(stdout).toMatch(/2 of 5 layers binary/)
  })

  test('what is in memory at each step, and where most is', () => {
    const { stdout } = xnorc('inspect', lenet5, '--json')
    const { memory, workspaceBytes } = JSON.parse(stdout) as Pick<Summary, 'workspaceBytes'> & { memory: MemoryUse }
    const { steps, peakBytes } = memory
    expect(peakBytes).toBe(Math.max(...steps.map(({ bytes }) => bytes)))
    // The caller's memory is aligned to 8 bytes, buffers to 64.
    expect(peakBytes).toBeGreaterThan(workspaceBytes - 56 - 64)
    for (const { bytes, alive } of steps) {
      expect(Math.max(...alive.map(each => each.bytes))).toBeLessThanOrEqual(bytes)
      for (const [k, each] of alive.entries())
        for (const other of alive.slice(k + 1))
          expect(each.offset === other.offset || disjoint(each, other), `${each.name} ${other.name}`).toBe(true)
    }
    const most = steps.find(({ bytes }) => bytes === peakBytes)!
    const text = xnorc('inspect', lenet5).stdout
    expect(text).toContain(`most memory at '${most.step[0]} … ${most.step.at(-1)}'`)
    expect(text).toContain(most.alive[0]!.name)
  })

  test.each(['c', 'wasm'])('%s: the way that is taken is the cheaper one, and is the one in the code', target => {
    const { stdout } = xnorc('inspect', lenet5, '--target', target, '--json')
    const { layers } = JSON.parse(stdout) as Pick<Summary, 'layers'>
    const weighed = layers.flatMap(({ strategies }) => (strategies ? [strategies] : []))
    for (const [taken, other] of weighed)
      expect(taken!.instructions).toBeLessThan(other?.instructions ?? Number.POSITIVE_INFINITY)
    const [tables, counting] = weighed.map(([taken]) => taken!.name)
    expect(counting).toBe('counting')
    const bits = /^tables of (\d) bits$/.exec(tables!)![1]
    const code = inFolder(folder => {
      xnorc('compile', lenet5, '--target', target, ...(target === 'wasm' ? ['--emit', 'wat'] : []), '--out', folder)
      return readFileSync(join(folder, target === 'c' ? 'lenet5_binary.c' : 'lenet5_binary.wat'), 'utf8')
    })
    expect(code.match(/by tables of \d/g)).toEqual([`by tables of ${bits}`])
  })
})

test('--version is the package’s', () => {
  expect(xnorc('--version').stdout.trim()).toBe(packageJson.version)
  expect(version).toBe(packageJson.version)
})
