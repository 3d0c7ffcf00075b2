import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
/** The built command line. */
export const bin = join(root, 'dist/cli/index.js')

export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the built command line, as `npx xnorc` does. */
export const xnorc = (...args: readonly string[]): Outcome => xnorcIn(process.cwd(), ...args)

export function xnorcIn(cwd: string, ...args: readonly string[]): Outcome {
  if (!existsSync(bin)) execFileSync('npm', ['run', 'build'], { cwd: root, stdio: 'pipe' })
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], { cwd, encoding: 'utf8' })
  return { status, stdout, stderr }
}

/** Gives a new folder to `use` and removes it afterwards. */
export function inFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'xnorc-cli-'))
  try {
    return use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export const filesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).sort() : [])
