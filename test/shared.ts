import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** Models and data sets beside the repository; not part of it. */
const folder = resolve(import.meta.dirname, '../../shared')

/** Path of a shared file. */
export const sharedPath = (path: string): string => join(folder, path)

export const readShared = (path: string): Uint8Array => new Uint8Array(readFileSync(sharedPath(path)))

/**
 * Whether tests that need this shared file have to be skipped, for `describe.skipIf`. Says so once per call, and
 * throws where CI=true: there a missing file must not pass for a success.
 */
export function isMissing(path: string): boolean {
  if (existsSync(sharedPath(path))) return false
  if (process.env.CI === 'true') throw new Error(`${sharedPath(path)} is missing`)
  console.warn(`skipped: ${sharedPath(path)} is missing`)
  return true
}
