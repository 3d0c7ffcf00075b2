// What every bundler is given: `node BUNDLER.js FOLDER` builds FOLDER/main.js, or FOLDER/index.html, into FOLDER/dist.
import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export function project() {
  const folder = process.argv[2]
  return { folder, entry: join(folder, 'main.js'), page: join(folder, 'index.html'), out: join(folder, 'dist') }
}

/** Prints what a bundler complained about, for the test. */
export const finish = complaints => console.log(JSON.stringify(complaints))

/** For bundlers that leave `new URL(…, import.meta.url)` alone: the files beside the bundle. */
export function copyAssets({ folder, out }) {
  for (const name of readdirSync(join(folder, 'net')))
    if (/\.(wasm|wgsl|bin)$/.test(name)) cpSync(join(folder, 'net', name), join(out, name))
}
