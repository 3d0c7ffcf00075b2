import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

/** An empty project with xnorc installed from its tarball, as users get it. */
export interface Project {
  readonly folder: string
  /** Runs a program in the project; returns what it printed. Throws with all its output. */
  readonly run: (command: string, ...args: readonly string[]) => string
  readonly write: (name: string, text: string) => void
  readonly remove: () => void
}

/** Packs the repository and installs it beside nothing else. Needs the package registry, or what npm keeps of it. */
export function installTarball(): Project {
  const folder = mkdtempSync(join(tmpdir(), 'xnorc-package-'))
  const run = (command: string, ...args: readonly string[]): string => execute(folder, command, args)
  if (!existsSync(join(root, 'dist/index.js'))) execute(root, 'npm', ['run', 'build'])
  const packed = execute(root, 'npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder])
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }]
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }))
  run('npm', 'install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', `./${filename}`)
  return {
    folder,
    run,
    write: (name, text) => writeFileSync(join(folder, name), text),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function execute(folder: string, command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`${command} ${args.join(' ')}\n${stdout}\n${stderr}`)
  }
}
