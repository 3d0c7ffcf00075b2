import { copyFile, lstat, realpath, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { SourceFile } from '../backends/backend.ts'
import { FileError, reasonOf } from './fail.ts'
import { makeFolder } from './make-folder.ts'

export interface Destination {
  /** Made if missing. */
  readonly folder: string
  /** Gets a rule for Make and Ninja, in which all files depend on `inputs`. */
  readonly depfile?: string | undefined
  /** What was read: never overwritten. */
  readonly inputs: readonly string[]
}

/** A file on its way: what it replaces is kept until all are there. */
interface Place {
  readonly final: string
  readonly draft: string
  readonly backup: string
  readonly content: string | Uint8Array
  /** A device, such as /dev/stdout, is written to and not replaced. */
  readonly isDevice: boolean
}

/**
 * Writes all files and the depfile. They appear all together or not at all, as far as the system allows: each is written
 * under another name first, and what was there comes back where the last step fails.
 */
export async function writeFiles(
  files: readonly SourceFile[],
  { folder, depfile, inputs }: Destination,
): Promise<void> {
  const outputs = files.map(({ path }) => join(folder, path))
  const contents = files.map(({ content }) => content)
  const rule = depfile === undefined ? [] : [dependencyRule(outputs, inputs)]
  const finals = depfile === undefined ? outputs : [...outputs, depfile]
  await refuseOverwriting(finals, inputs)
  const places = await Promise.all(
    [...contents, ...rule].map((content, k) => placeFor(finals[k]!, content, k < files.length)),
  )
  const drafts = places.filter(({ isDevice }) => !isDevice)
  const made: string[] = []
  const moved: Place[] = []
  try {
    // Packages have folders of their own inside; the deepest of all stands first.
    for (const each of new Set([folder, ...files.map(({ path }) => dirname(join(folder, path)))]))
      made.unshift(...makeFolder(each))
    await Promise.all(drafts.map(({ draft, content }) => writeFile(draft, content)))
    for (const place of drafts) {
      await copyFile(place.final, place.backup).catch(ignoreMissing)
      await rename(place.draft, place.final)
      moved.push(place)
    }
    for (const { final, content } of places.filter(({ isDevice }) => isDevice)) await writeFile(final, content)
  } catch (error) {
    for (const { backup, final } of moved.reverse())
      await rename(backup, final).catch(() => rm(final, { force: true }).catch(() => {}))
    await Promise.allSettled(drafts.map(({ draft }) => rm(draft, { force: true })))
    for (const empty of made) await rmdir(empty).catch(() => {})
    throw new FileError(`cannot write to '${folder}': ${reasonOf(error)}`)
  } finally {
    await Promise.allSettled(drafts.map(({ backup }) => rm(backup, { force: true })))
  }
}

/** No file twice, and none that was read. */
async function refuseOverwriting(finals: readonly string[], inputs: readonly string[]): Promise<void> {
  const real = (path: string) => realpath(path).catch(() => realFolder(path))
  const read = await Promise.all(inputs.map(real))
  const written = new Set<string>()
  for (const path of finals) {
    const place = await real(path)
    if (read.includes(place)) throw new FileError(`'${path}' is what is read: it would be overwritten`)
    if (written.has(place)) throw new FileError(`'${path}' would be written twice`)
    written.add(place)
  }
}

/** A path that does not exist yet, through the links on its way. */
const realFolder = (path: string): Promise<string> =>
  realpath(dirname(path)).then(
    folder => join(folder, basename(path)),
    () => resolve(path),
  )

/** Refuses what a file cannot take the place of. */
async function placeFor(final: string, content: string | Uint8Array, isSource: boolean): Promise<Place> {
  const status = await lstat(final).catch(() => undefined)
  const isDevice = status !== undefined && !status.isFile() && !status.isSymbolicLink()
  if (isDevice && (status.isDirectory() || isSource))
    throw new FileError(
      `cannot write '${final}': a ${status.isDirectory() ? 'folder' : 'device'} of this name is in the way`,
    )
  const hidden = (kind: string) => join(dirname(final), `.${basename(final)}.${process.pid}.${kind}`)
  return { final, draft: hidden('tmp'), backup: hidden('old'), content, isDevice }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
}

/** A rule for Make and Ninja: the outputs depend on the model. Spaces and such are escaped as both understand it. */
const dependencyRule = (outputs: readonly string[], inputs: readonly string[]): string =>
  `${outputs.map(escapePath).join(' ')}: ${inputs.map(escapePath).join(' ')}\n`

const escapePath = (path: string): string => path.replace(/([ #\\])/g, '\\$1').replace(/\$/g, '$$$$')
