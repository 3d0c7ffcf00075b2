import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Size } from '../../src/run/size.ts'
import { hasCompiler } from '../c-runner.ts'
import { filesIn, inFolder, xnorc } from './command.ts'

const model = join(import.meta.dirname, '../../examples/lenet5-mnist/lenet5.binary.onnx')
const size = (...args: readonly string[]) => xnorc('size', model, '--name', 'net', ...args)

/** Whether a C compiler of another machine is there, which has tests more than what every machine is tested with. */
function isInstalled(compiler: string): boolean {
  try {
    execFileSync(compiler, ['--version'], { stdio: 'pipe' })
    return true
  } catch {
    console.warn(`skipped: ${compiler} is not installed`)
    return false
  }
}

const compilers = [
  ...(hasCompiler('gcc') ? ['gcc -Os'] : []),
  ...(hasCompiler('clang-22') ? ['clang-22 -O2'] : []),
  ...(isInstalled('arm-none-eabi-gcc')
    ? ['arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -Os', 'arm-none-eabi-gcc -mcpu=cortex-m0 -mthumb -O2']
    : []),
]

describe.each(compilers)('xnorc size --cc %s', { timeout: 180_000 }, cc => {
  it('counts what the binutils count, and every layer', () =>
    inFolder(folder => {
      const { status, stdout } = size('--isa', 'none', '--json', '--cc', cc)
      expect(status).toBe(0)
      const { flash, ram, layers }: Size = JSON.parse(stdout)
      xnorc('compile', model, '--target', 'c', '--isa', 'none', '--name', 'net', '--out', folder)
      const [command, ...flags] = cc.split(' ') as [string, ...string[]]
      execFileSync(command, [...flags, '-c', 'net.c', '-o', 'net.o'], { cwd: folder })
      const binutils = /^(.*)gcc$/.exec(command)?.[1] ?? ''
      const counted = execFileSync(`${binutils}size`, ['net.o'], { cwd: folder, encoding: 'utf8' }).split('\n')[1]!
      const [text, data, bss] = counted.trim().split(/\s+/).map(Number)
      expect([flash.total, 0, 0]).toEqual([text, data, bss])
      expect(ram.inputs + ram.outputs).toBe(4 * (28 * 28 + 10))
      expect(layers.length).toBeGreaterThan(5)
      for (const layer of layers) {
        expect(layer.code, layer.name).toBeGreaterThan(0)
        expect(layer.workspace, layer.name).toBeLessThanOrEqual(ram.workspace)
      }
    }))
})

describe.runIf(hasCompiler('gcc'))('budgets', { timeout: 180_000 }, () => {
  it('within them the status is 0', () => {
    expect(size('--cc', 'gcc -Os', '--isa', 'none', '--max-flash', '128k', '--max-ram', '1M').status).toBe(0)
  })

  it('beyond them it is 1, and the largest layer is named', () => {
    const { status, stderr } = size('--cc', 'gcc -Os', '--isa', 'none', '--max-flash', '64k', '--max-ram', '1000')
    expect(status).toBe(1)
    expect(stderr).toMatch(/^error: flash: \d+ bytes are more than --max-flash 65536; most take '\/6\/Gemm.*\n$/)
    expect(stderr).toContain('are more than --max-ram 1000; most take')
  })

  it('compile writes nothing beyond them', () =>
    inFolder(folder => {
      const args = ['compile', model, '--target', 'c', '--out', folder] as const
      const { status, stderr } = xnorc(...args, '--max-flash', '64k')
      expect([status, filesIn(folder)]).toEqual([1, []])
      expect(stderr).toContain("most take '/6/Gemm'")
      expect(xnorc(...args, '--max-ram', '8000').status).toBe(1)
      expect(xnorc(...args, '--max-flash', '128k', '--max-ram', '64k').status).toBe(0)
    }))

  it.each([
    ['no bytes', ['--cc', 'gcc', '--max-flash', '0'], 2, 'A number of bytes above 0'],
    ['no compiler', ['--cc', 'nowhere-gcc -Os'], 1, "there is no C compiler 'nowhere-gcc'"],
    ['no --cc', [], 2, '--cc'],
  ])('%s', (_, args, status, message) => {
    const outcome = size(...args)
    expect(outcome.status).toBe(status)
    expect(outcome.stderr).toContain(message)
  })
})
