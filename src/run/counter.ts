import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { buildC, findCompiler } from './compiler.ts'
import { ToolError } from './tool-error.ts'

/** The function whose every call makes the plugin say how many instructions were executed before. */
export const MARK = 'instructions_mark'

/** Files that the package brings for emulated machines: startup, linker scripts, the plugin that counts. */
export const exampleFile = (path: string): string =>
  join(dirname(createRequire(import.meta.url).resolve('xnorc/package.json')), 'examples', path)

/** Builds the plugin of qemu that counts instructions, for the emulators of this machine. */
export async function buildCounter(folder: string): Promise<string> {
  const path = join(folder, 'instructions.so')
  await buildC(findCompiler(), ['-shared', '-fPIC', '-o', path, exampleFile('cortex-m/instructions.c')], folder)
  return path
}

/** What a program did under an emulator. */
export interface Counted {
  readonly status: number
  readonly text: string
  /** Instructions of all of it. */
  readonly instructions: number
  /** Instructions before each call of the function MARK. */
  readonly marks: readonly number[]
}

const COUNT = /^(instructions|mark): (\d+)\n/gm

/** Runs a program under qemu; `emulator` is all but the plugin, and what follows the plugin is `program`. */
export async function runCounted(
  [command, ...options]: readonly [string, ...string[]],
  counter: string,
  program: readonly string[],
): Promise<Counted> {
  const { exitCode, stdout, stderr, code, failed, shortMessage } = await execa(
    command,
    [...options, '-plugin', counter, ...program],
    { reject: false, timeout: 600_000 },
  )
  if (code === 'ENOENT') throw new ToolError(`there is no '${command}': apt-get install ${packageOf(command)}`)
  // Text of semihosting and the counts may come on the same stream.
  const said = `${stdout}\n${stderr}\n`
  const counts = [...said.matchAll(COUNT)]
  const of = (kind: string) => counts.filter(([, its]) => its === kind).map(([, , count]) => Number(count))
  const [instructions] = of('instructions')
  if (instructions === undefined || exitCode === undefined)
    throw new ToolError(`${command} counted nothing: ${stderr.split('\n')[0] || (failed ? shortMessage : said.trim())}`)
  return { status: exitCode, text: said.replace(COUNT, '').trim(), instructions, marks: of('mark') }
}

/** The Debian package with an emulator. */
export const packageOf = (command: string): string =>
  command.startsWith('qemu-system') ? (command.endsWith('arm') ? 'qemu-system-arm' : 'qemu-system-misc') : 'qemu-user'
