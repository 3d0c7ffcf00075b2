import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundlePackage } from '../../scripts/bundle.js'

/** An empty project with xnorc installed from its tarball, as users get it. */
export interface Project {
  readonly folder: string
  /** What was packed. */
  readonly tarball: string
  /** Runs a program in the project; returns what it printed. Throws with all its output. */
  readonly run: (command: string, ...args: readonly string[]) => string
  readonly write: (name: string, text: string) => void
  readonly remove: () => void
}

/** Bundles the repository as it is published, packs that and installs it beside nothing else. */
export async function installTarball(): Promise<Project> {
  const folder = mkdtempSync(join(tmpdir(), 'xnorc-package-'))
  const run = (command: string, ...args: readonly string[]): string => execute(folder, command, args)
  const staged = join(folder, 'staged')
  mkdirSync(staged)
  await bundlePackage(staged)
  const packed = execute(staged, 'npm', ['pack', '--json', '--pack-destination', folder])
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }]
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }))
  // There is nothing to fetch.
  run('npm', 'install', '--offline', '--no-audit', '--no-fund', `./${filename}`)
  return {
    folder,
    tarball: join(folder, filename),
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
