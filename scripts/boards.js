/**
 * Builds examples/cortex-m and examples/riscv for emulated boards and runs them: scores, bytes, instructions of one run.
 * `npm run boards -- m4 m55` takes these; without names all.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { boards as emulated, runOnBoard } from '../dist/run/boards.js'
import { buildCounter } from '../dist/run/counter.js'

const examples = resolve(import.meta.dirname, '../examples')
const arm = (chipName, chip, bytes = false) => ({ toolchain: 'arm-none-eabi', chipName, chip, bytes })

/** How the examples are built for each board. */
export const boards = {
  m0: arm('Cortex-M0', '-mcpu=cortex-m0', true),
  m3: arm('Cortex-M3', '-mcpu=cortex-m3', true),
  m4: arm('Cortex-M4F', '-mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16'),
  m7: arm('Cortex-M7', '-mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-sp-d16'),
  m55: arm('Cortex-M55', '-mcpu=cortex-m55 -mfloat-abi=hard'),
  rv32: {
    toolchain: 'riscv-none-elf',
    chipName: 'RV32IMC',
    chip: '-march=rv32imc -mabi=ilp32 -mcmodel=medany --specs=picolibc.specs',
    bytes: true,
  },
}

/** Builds the example for a board, and runs its network once and twice. */
export async function measureBoard(name, folder, counter, optimise = '-O2') {
  const board = boards[name]
  const source = join(examples, emulated[name].example)
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
  const [once, twice] = await Promise.all(
    [1, 2].map(runs => runOnBoard(emulated[name], counter, join(build, `digit${runs}.elf`))),
  )
  const size = execFileSync('size', [join(build, 'digit1.elf')], { encoding: 'utf8' })
  const [text, data, bss] = size.split('\n')[1].trim().split(/\s+/).map(Number)
  return { ...once, instructions: twice.instructions - once.instructions, flash: text + data, ram: data + bss }
}

if (process.argv[1] === import.meta.filename) {
  const folder = mkdtempSync(join(tmpdir(), 'xnorc-boards-'))
  try {
    const counter = await buildCounter(folder)
    for (const name of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(boards)) {
      const { text, instructions, flash, ram } = await measureBoard(name, folder, counter)
      console.log(`${boards[name].chipName}: ${flash} bytes of flash, ${ram} of RAM and the stack`)
      console.log(`${(instructions / 1e6).toFixed(2)} million instructions\n${text}\n`)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
