import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { ToolError } from '../fail.ts'

const execute = promisify(execFile)

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

/** Runs the compiler in a folder. Throws where it is missing, or with the first error that it reports. */
export async function buildC(compiler: string, args: readonly string[], folder: string): Promise<void> {
  // CC may hold arguments too, as it may in a makefile.
  const [command, ...first] = compiler.split(' ').filter(Boolean) as [string, ...string[]]
  try {
    await execute(command, [...first, ...args], { cwd: folder, maxBuffer: 2 ** 26 })
  } catch (error) {
    const { code, stderr = '' } = error as { code?: string | number; stderr?: string }
    if (code === 'ENOENT')
      throw new ToolError(`there is no C compiler '${command}': install gcc or clang, or set CC to the one to use`)
    const said = stderr.split('\n').find(line => /error/i.test(line)) ?? stderr.trim().split('\n')[0] ?? ''
    throw new ToolError(`'${compiler}' could not build the generated code: ${said}`)
  }
}

/** Throws a ToolError where no C can be built on this machine. */
export const buildsC = (): Promise<void> => buildC(findCompiler(), ['--version'], '.')
