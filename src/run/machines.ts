/** A machine that this one compiles for and emulates: Debian's cross compilers, and qemu's user mode. */
export interface Machine {
  /** In the names of cross compilers and for clang. */
  readonly triple: string
  /** Which machine of this family code is made for. */
  readonly flags: readonly string[]
  /** Of clang alone. */
  readonly clangFlags?: readonly string[]
  /** Compilers that have anything of their own for it. */
  readonly compilers: readonly CrossCompiler[]
  /** The emulator, and what it emulates. */
  readonly emulator: readonly [string, ...string[]]
}

export const crossCompilers = ['gcc', 'clang'] as const
export type CrossCompiler = (typeof crossCompilers)[number]

const riscv = (extensions: string, cpu: string) => ({
  triple: 'riscv64-linux-gnu',
  flags: [`-march=rv64gc${extensions}`],
  emulator: ['qemu-riscv64', '-cpu', cpu] as const,
})

export const machines = {
  aarch64: {
    triple: 'aarch64-linux-gnu',
    flags: ['-march=armv8-a'],
    compilers: crossCompilers,
    emulator: ['qemu-aarch64', '-cpu', 'cortex-a53'],
  },
  armv7: {
    triple: 'arm-linux-gnueabihf',
    flags: ['-march=armv7-a', '-mfpu=neon'],
    compilers: crossCompilers,
    emulator: ['qemu-arm', '-cpu', 'cortex-a9'],
  },
  rv64gc: { ...riscv('', 'rv64'), compilers: crossCompilers },
  rv64gc_zbb: { ...riscv('_zba_zbb', 'rv64,zba=true,zbb=true'), compilers: crossCompilers },
  // gcc 12 makes no vectors.
  rv64gcv: { ...riscv('v', 'rv64,v=true,vlen=128,vext_spec=v1.0'), compilers: ['clang'] },
} as const satisfies Readonly<Record<string, Machine>>

export type MachineName = keyof typeof machines

export const machineNames = Object.keys(machines) as MachineName[]

/** The command that compiles C for a machine. */
export function compilerFor(
  { triple, flags, clangFlags = [] }: Machine,
  compiler: CrossCompiler,
  clang = 'clang',
): readonly [string, ...string[]] {
  return compiler === 'gcc' ? [`${triple}-gcc`, ...flags] : [clang, `--target=${triple}`, ...flags, ...clangFlags]
}
