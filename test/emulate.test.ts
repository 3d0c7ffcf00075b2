import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { emulate } from '../src/bench/emulate.ts'
import { buildCounter, runCounted } from '../src/run/counter.ts'
import { machines } from '../src/run/machines.ts'
import { hasCompiler, hasMachine } from './c-runner.ts'
import { smallNetwork } from './verify/small-network.ts'

const folder = mkdtempSync(join(tmpdir(), 'xnorc-emulate-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe.runIf(hasCompiler('gcc') && hasMachine('aarch64', 'gcc'))('instructions that qemu counts', () => {
  let counter: string
  beforeAll(async () => {
    counter = await buildCounter(folder)
  })

  test('are those of the assembler, from mark to mark', async () => {
    const block = (count: number) => `  bl instructions_mark\n  .rept ${count}\n  nop\n  .endr\n`
    const text = `.globl _start, instructions_mark
.type instructions_mark, %function
instructions_mark:
  ret
.size instructions_mark, . - instructions_mark
_start:
${block(0)}${block(1234)}${block(7)}  bl instructions_mark
  mov x0, 5
  mov x8, 93
  svc 0
`
    writeFileSync(join(folder, 'marks.s'), text)
    execFileSync('aarch64-linux-gnu-gcc', ['-nostdlib', '-static', 'marks.s', '-o', 'marks'], { cwd: folder })
    const { status, instructions, marks } = await runCounted(machines.aarch64.emulator, counter, [
      join(folder, 'marks'),
    ])
    // The branch to the mark and its return.
    expect(marks.map(mark => mark - marks[0]!)).toEqual([0, 2, 2 + 1234 + 2, 2 + 1234 + 2 + 7 + 2])
    expect([status, instructions]).toEqual([5, 4 * 2 + 1234 + 7 + 3])
  })

  test('name the emulator that is missing', () =>
    expect(runCounted(['qemu-nowhere'], counter, [])).rejects.toThrow(
      "there is no 'qemu-nowhere': apt-get install qemu-user",
    ))

  test('are not invented where there was no program', () =>
    expect(runCounted(machines.aarch64.emulator, counter, [join(folder, 'nothing')])).rejects.toThrow(
      'qemu-aarch64 counted nothing',
    ))
})

const isThere = hasMachine('rv64gc', 'gcc') && hasMachine('rv64gc', 'clang-22')
describe.runIf(hasCompiler('gcc') && isThere)('xnorc bench --emulate', () => {
  test.each(['inline', 'file'] as const)('counts every step for each compiler, constants %s', async constants => {
    const counts = await emulate(smallNetwork(), { name: 'small', machines: ['rv64gc'], constants })
    expect(counts.map(({ compiler, optimise }) => `${compiler} ${optimise}`)).toEqual([
      'gcc -O2',
      'gcc -O3',
      'clang -O2',
      'clang -O3',
    ])
    for (const { instructions, steps } of counts) {
      const sum = steps.reduce((total, step) => total + step.instructions, 0)
      expect(steps.length).toBeGreaterThan(1)
      for (const step of steps) expect(step.instructions).toBeGreaterThan(10)
      // The compiler decides anew in a function of its own, but it is the same work.
      expect(sum / instructions).toBeGreaterThan(0.5)
      expect(sum / instructions).toBeLessThan(2)
    }
  })
})
