import { type Counted, exampleFile, runCounted } from './counter.ts'
import { ToolError } from './tool-error.ts'

/** A board without an operating system that qemu emulates. */
export interface Board {
  /** What a compiler's command has that makes code for it. */
  readonly flags: RegExp
  readonly emulator: readonly [string, ...string[]]
  /** The folder of examples with its startup code and linker script. */
  readonly example: 'cortex-m' | 'riscv'
  /** What the linker script may give out, in bytes, where that is a choice. */
  readonly memory?: { readonly flash: number; readonly ram: number }
}

const KB = 1024

const arm = (cpus: string, machine: string, flash: number, ram: number): Board => ({
  flags: new RegExp(`-mcpu=cortex-(${cpus})(?![a-z0-9])`),
  emulator: ['qemu-system-arm', '-M', machine],
  example: 'cortex-m',
  memory: { flash: flash * KB, ram: ram * KB },
})

export const boards = {
  // The three have the same instructions.
  m0: arm('m0|m0plus|m1', 'microbit', 256, 16),
  m3: arm('m3', 'mps2-an385', 4096, 4096),
  m4: arm('m4', 'mps2-an386', 4096, 4096),
  m7: arm('m7', 'mps2-an500', 4096, 4096),
  m55: arm('m55', 'mps3-an547', 512, 512),
  rv32: {
    flags: /-march=rv32/,
    emulator: ['qemu-system-riscv32', '-M', 'virt', '-bios', 'none'],
    example: 'riscv',
  },
} as const satisfies Readonly<Record<string, Board>>

/** The board that runs what a compiler's command makes. Throws a ToolError where there is none. */
export function boardFor(compiler: string): Board {
  const found = Object.values<Board>(boards).find(({ flags }) => flags.test(compiler))
  if (found) return found
  const cpu = /-mcpu=(\S+)|-march=(\S+)/.exec(compiler)?.[0]
  throw new ToolError(
    `${cpu ? `qemu has no board that we know for ${cpu}` : 'nothing in the command says for which chip it compiles'}; there are ` +
      'boards for -mcpu=cortex-m0, -m0plus, -m1, -m3, -m4, -m7, -m55 and for -march=rv32…',
  )
}

/** What a compiler is given besides the program: startup code, the linker script, how much memory there is. */
export function linkArguments({ example, memory }: Board, compiler: string): string[] {
  const isBare = example === 'cortex-m' && /gcc/.test(compiler) && !compiler.includes('--specs')
  return [
    exampleFile(`${example}/startup.c`),
    `-I${exampleFile('cortex-m')}`,
    `-T${exampleFile(`${example}/board.ld`)}`,
    ...(memory ? [`-Wl,--defsym=FLASH_BYTES=${memory.flash},--defsym=RAM_BYTES=${memory.ram}`] : []),
    ...['-nostartfiles', '-ffunction-sections', '-Wl,--gc-sections'],
    ...(isBare ? ['--specs=nano.specs'] : []),
  ]
}

const SEMIHOSTING = [
  '-nographic',
  '-monitor',
  'none',
  '-serial',
  'null',
  '-semihosting-config',
  'enable=on,target=native',
]

/** What stands before a program's path on the emulator's command line. */
export const KERNEL = [...SEMIHOSTING, '-kernel']

/** Runs a program that was built for a board. */
export const runOnBoard = (board: Board, counter: string, program: string): Promise<Counted> =>
  runCounted(board.emulator, counter, [...KERNEL, program])
