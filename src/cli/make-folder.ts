import { existsSync, mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * Makes a folder and those above it; returns the ones that had to be made, the deepest first. Node's own `recursive` never
 * returns where a parent says that there is no such place, as /proc does.
 */
export function makeFolder(folder: string): string[] {
  const missing: string[] = []
  for (let path = resolve(folder); !existsSync(path); path = dirname(path)) missing.push(path)
  const made: string[] = []
  for (const path of missing.reverse()) if (wasMade(path)) made.unshift(path)
  return made
}

/** Another process may be faster. */
function wasMade(path: string): boolean {
  try {
    mkdirSync(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && existsSync(path)) return false
    throw error
  }
}
