/**
 * Builds examples/cortex-m and examples/riscv for emulated boards and runs them: scores, bytes, instructions of one run.
 * `npm run boards -- m4 m55` takes these; without names all.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const examples = resolve(import.meta.dirname, '../examples')
const arm = (chip, machine, bytes = false) => ({
  example: 'cortex-m',
  toolchain: 'arm-none-eabi',
  chip,
  bytes,
  emulator: ['qemu-system-arm', '-M', machine],
})
export const boards = {
  m0: { ...arm('-mcpu=cortex-m0', 'microbit', true), chipName: 'Cortex-M0' },
  m3: { ...arm('-mcpu=cortex-m3', 'mps2-an385', true), chipName: 'Cortex-M3' },
  m4: { ...arm('-mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16', 'mps2-an386'), chipName: 'Cortex-M4F' },
  m7: { ...arm('-mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-sp-d16', 'mps2-an500'), chipName: 'Cortex-M7' },
  m55: { ...arm('-mcpu=cortex-m55 -mfloat-abi=hard', 'mps3-an547'), chipName: 'Cortex-M55' },
  rv32: {
    example: 'riscv',
    toolchain: 'riscv-none-elf',
    chip: '-march=rv32imc -mabi=ilp32 -mcmodel=medany --specs=picolibc.specs',
    bytes: true,
    emulator: ['qemu-system-riscv32', '-M', 'virt', '-bios', 'none'],
    chipName: 'RV32IMC',
  },
}

/** Builds the plugin that counts instructions. */
export function buildCounter(folder) {
  const path = join(folder, 'instructions.so')
  execFileSync('gcc', ['-shared', '-fPIC', '-o', path, join(examples, 'cortex-m/instructions.c')])
  return path
}

/** What a program says on a board: its text, its status, and how many instructions it took. */
export function runOn({ emulator: [command, ...args] }, program, counter) {
  const semihosting = [
    '-nographic',
    '-monitor',
    'none',
    '-serial',
    'null',
    '-semihosting-config',
    'enable=on,target=native',
  ]
  const all = [...args, ...semihosting, '-plugin', counter, '-kernel', program]
  const { status, stdout, stderr } = spawnSync(command, all, { encoding: 'utf8', timeout: 120_000 })
  // Text of semihosting and the count come on the same stream.
  const said = `${stdout}${stderr}`
  const instructions = Number(/instructions: (\d+)/.exec(said)?.[1])
  return { status, text: said.replace(/instructions: .*\n/, '').trim(), instructions }
}

/** Builds the example for a board, and runs its network once and twice. */
export function measureBoard(name, folder, counter, optimise = '-O2') {
  const board = boards[name]
  const source = join(examples, board.example)
  const build = join(folder, name)
  const settings = {
    CMAKE_TOOLCHAIN_FILE: join(source, `${board.toolchain}.cmake`),
    CHIP: board.chip,
    BYTES: board.bytes ? 'ON' : 'OFF',
    OPTIMISE: optimise,
  }
  const defined = Object.entries(settings).map(([key, value]) => `-D${key}=${value}`)
  execFileSync('cmake', ['-S', source, '-B', build, ...defined], { stdio: 'pipe' })
  execFileSync('cmake', ['--build', build], { stdio: 'pipe' })
  const [once, twice] = [1, 2].map(runs => runOn(board, join(build, `digit${runs}.elf`), counter))
  const size = execFileSync('size', [join(build, 'digit1.elf')], { encoding: 'utf8' })
  const [text, data, bss] = size.split('\n')[1].trim().split(/\s+/).map(Number)
  return { ...once, instructions: twice.instructions - once.instructions, flash: text + data, ram: data + bss }
}

if (process.argv[1] === import.meta.filename) {
  const folder = mkdtempSync(join(tmpdir(), 'xnorc-boards-'))
  try {
    const counter = buildCounter(folder)
    for (const name of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(boards)) {
      const { text, instructions, flash, ram } = measureBoard(name, folder, counter)
      console.log(`${boards[name].chipName}: ${flash} bytes of flash, ${ram} of RAM and the stack`)
      console.log(`${(instructions / 1e6).toFixed(2)} million instructions\n${text}\n`)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
