import { accessSync, constants, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { ExecaError, execa } from 'execa'
import { ToolError } from './tool-error.ts'

const KNOWN = ['cc', 'gcc', 'clang']

/** The command of the C compiler: the environment's CC, or the first that is installed of cc, gcc and clang. */
export const findCompiler = (): string => process.env.CC || (KNOWN.find(isInstalled) ?? 'cc')

const isInstalled = (command: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some(folder => {
    try {
      accessSync(join(folder, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })

/** The newest clang that is installed: Debian calls each `clang-N`. */
export function newestClang(): string {
  const names = (process.env.PATH ?? '').split(delimiter).flatMap(folder => {
    try {
      return readdirSync(folder)
    } catch {
      return []
    }
  })
  const versions = names.flatMap(name => Number(/^clang-(\d+)$/.exec(name)?.[1] ?? []))
  return versions.length > 0 ? `clang-${Math.max(...versions)}` : 'clang'
}

/** Runs the compiler in a folder. Throws where it is missing, or with the first error that it reports. */
export async function buildC(compiler: string, args: readonly string[], folder: string): Promise<void> {
  // CC may hold arguments too, as it may in a makefile.
  const [command, ...first] = compiler.split(' ').filter(Boolean) as [string, ...string[]]
  try {
    await execa(command, [...first, ...args], { cwd: folder })
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error
    if (error.code === 'ENOENT')
      throw new ToolError(`there is no C compiler '${command}': install gcc or clang, or set CC to the one to use`)
    const lines = String(error.stderr).trim().split('\n')
    throw new ToolError(
      `'${compiler}' could not build the generated code: ${lines.find(line => /error|overflowed/i.test(line)) ?? lines[0]}`,
    )
  }
}

/** Throws a ToolError where no C can be built on this machine. */
export const buildsC = (): Promise<void> => buildC(findCompiler(), ['--version'], '.')
