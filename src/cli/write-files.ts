import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SourceFile } from '../backends/backend.ts'
import { FileError, reasonOf } from './fail.ts'

/**
 * Writes all files into a folder, which is made if missing. They appear all together or not at all: each is written
 * under another name first. Returns their paths.
 */
export async function writeFiles(folder: string, files: readonly SourceFile[]): Promise<string[]> {
  const places = files.map(({ path }) => ({
    final: join(folder, path),
    draft: join(folder, `.${path}.${process.pid}.tmp`),
  }))
  try {
    await mkdir(folder, { recursive: true })
    await Promise.all(files.map(({ content }, i) => writeFile(places[i]!.draft, content)))
    for (const { draft, final } of places) await rename(draft, final)
  } catch (error) {
    // What cannot be removed was not written either.
    await Promise.allSettled(places.map(({ draft }) => rm(draft, { force: true })))
    throw new FileError(`cannot write to '${folder}': ${reasonOf(error)}`)
  }
  return places.map(({ final }) => final)
}

/** A rule for Make and Ninja: the outputs depend on the model. Spaces and such are escaped as both understand it. */
export const dependencyRule = (outputs: readonly string[], inputs: readonly string[]): string =>
  `${outputs.map(escapePath).join(' ')}: ${inputs.map(escapePath).join(' ')}\n`

const escapePath = (path: string): string => path.replace(/([ #\\])/g, '\\$1').replace(/\$/g, '$$$$')
