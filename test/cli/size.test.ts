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

describe.runIf(isInstalled('arm-none-eabi-gcc') && isInstalled('arm-none-eabi-objdump'))(
  'for want of an FPU',
  { timeout: 180_000 },
  () => {
    const command = 'arm-none-eabi-gcc -mthumb -Os'

    it('calls of a library are those of the disassembly', () =>
      inFolder(folder => {
        const { layers }: Size = JSON.parse(
          size('--isa', 'none', '--json', '--cc', `${command} -mcpu=cortex-m3`).stdout,
        )
        xnorc('compile', model, '--target', 'c', '--isa', 'none', '--name', 'net', '--out', folder)
        const flags = [
          '-mthumb',
          '-Os',
          '-mcpu=cortex-m3',
          '-DINLINE=__attribute__((noinline))',
          '-c',
          'net.c',
          '-o',
          'net.o',
        ]
        execFileSync('arm-none-eabi-gcc', flags, { cwd: folder })
        const text = execFileSync('arm-none-eabi-objdump', ['-dr', 'net.o'], { cwd: folder, encoding: 'utf8' })
        const called = (name: string): string[] => {
          const [body = ''] = text.split(new RegExp(`^[0-9a-f]+ <${name}(?:\\..*)?>:$`, 'm')).slice(1)
          return [...body.split(/^[0-9a-f]+ </m)[0]!.matchAll(/R_ARM_THM_(?:CALL|JUMP24)\t(\w+)/g)].map(
            ([, callee]) => callee!,
          )
        }
        const counted = layers.filter(({ softFloat }) => Object.keys(softFloat).length > 0)
        expect(counted.length).toBeGreaterThan(3)
        for (const { name, softFloat } of layers) {
          const direct = called(name).filter(callee => /^__aeabi_/.test(callee))
          for (const callee of new Set(direct))
            expect(softFloat[callee], `${name} ${callee}`).toBeGreaterThanOrEqual(
              direct.filter(each => each === callee).length,
            )
        }
      }))

    it('a chip with an FPU calls it nowhere', () => {
      const cc = `${command} -mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16`
      const { layers }: Size = JSON.parse(size('--isa', 'none', '--json', '--cc', cc).stdout)
      for (const { softFloat } of layers) expect(softFloat).toEqual({})
    })
  },
)

describe.runIf(['arm-none-eabi-gcc', 'qemu-system-arm', 'gcc'].every(isInstalled))(
  '--run qemu',
  { timeout: 180_000 },
  () => {
    it.each([
      ['microbit', '-mcpu=cortex-m0', '-mcpu=cortex-m0'],
      ['mps2-an386', '-mcpu=cortex-m4', '-mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16'],
      ['mps3-an547', '-mcpu=cortex-m55', '-mcpu=cortex-m55 -mfloat-abi=hard'],
    ])('counts every layer on %s for %s', (machine, _, flags) => {
      const { status, stdout, stderr } = size(
        '--isa',
        'none',
        '--json',
        '--run',
        'qemu',
        '--cc',
        `arm-none-eabi-gcc -mthumb -O2 ${flags}`,
      )
      expect([status, stderr]).toEqual([0, ''])
      const { layers, run } = JSON.parse(stdout)
      expect(run.emulator).toBe(`qemu-system-arm -M ${machine}`)
      expect(run.steps.flatMap((step: { layers: string[] }) => step.layers)).toEqual(
        layers.map(({ name }: { name: string }) => name),
      )
      const counts: number[] = run.steps.map(({ instructions }: { instructions: number }) => instructions)
      for (const count of counts) expect(count).toBeGreaterThan(100)
      expect(counts.reduce((sum, count) => sum + count) / run.instructions).toBeCloseTo(1, 1)
    })

    it.each([
      ['a chip without a board', '-mcpu=cortex-m33', 'no board that we know for -mcpu=cortex-m33'],
      ['no chip at all', '-O2', 'nothing in the command says for which chip it compiles'],
    ])('%s', (_, flags, message) => {
      const { status, stderr } = size('--run', 'qemu', '--cc', `arm-none-eabi-gcc -mthumb ${flags}`)
      expect(status).toBe(1)
      expect(stderr).toContain(message)
    })

    it('says by how much a network is too large for a board', () => {
      const nin = join(import.meta.dirname, '../../examples/nin-cifar10/nin.binary.onnx')
      const cc = 'arm-none-eabi-gcc -mthumb -mcpu=cortex-m0 -O1'
      const { status, stderr } = xnorc('size', nin, '--isa', 'none', '--run', 'qemu', '--cc', cc)
      expect(status).toBe(1)
      expect(stderr).toMatch(/region `RAM' overflowed by \d+ bytes/)
    })
  },
)

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
