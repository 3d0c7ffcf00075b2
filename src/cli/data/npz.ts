import { createReadStream } from 'node:fs'
import { Unzip, UnzipInflate, unzipSync } from 'fflate'
import { FileError, reasonOf } from '../fail.ts'

/** Most bytes of an array in a .npz file once it is inflated: a few megabytes of zip file can hold gigabytes. */
const MOST_BYTES = 2 ** 29

/** The files in a zip archive, each inflated when it is asked for. Throws a FileError where the archive is damaged. */
export function openZip(path: string, bytes: Uint8Array): ReadonlyMap<string, () => Uint8Array> {
  const sizes = new Map<string, number>()
  const unzip = (wanted?: string): Uint8Array | undefined => {
    let found: Uint8Array | undefined
    try {
      const files = unzipSync(bytes, {
        filter: ({ name, originalSize }) => {
          sizes.set(name, originalSize)
          return name === wanted
        },
      })
      found = Object.values(files)[0]
    } catch (error) {
      throw damaged(path, error)
    }
    return found
  }
  unzip()
  return new Map(
    [...sizes].map(([name, size]) => [
      name,
      () => {
        if (size > MOST_BYTES)
          throw new FileError(
            `'${path}: ${name}' has ${size} bytes; supported: up to ${MOST_BYTES}. Store fewer samples in a file, or bytes instead of floats`,
          )
        return unzip(name) ?? new Uint8Array()
      },
    ]),
  )
}

const damaged = (path: string, error: unknown): FileError =>
  new FileError(`'${path}' is a damaged zip file: ${(error as Error).message}`)

/** Names of the files in an archive, which is not kept in memory. */
export async function namesInZip(path: string): Promise<string[]> {
  const names: string[] = []
  for await (const _ of walk(path, ({ name }) => void names.push(name)));
  return names
}

/** One file of an archive, inflated as it is read. */
export async function* inflate(path: string, wanted: string): AsyncGenerator<Uint8Array> {
  let ended = false
  const parts: Uint8Array[] = []
  const steps = walk(path, file => {
    if (file.name !== wanted) return
    file.ondata = (error, part, last) => {
      if (error) throw error
      parts.push(part)
      ended ||= last
    }
    file.start()
  })
  for await (const _ of steps) {
    yield* parts.splice(0)
    if (ended) return
  }
}

type Started = (file: Parameters<NonNullable<Unzip['onfile']>>[0]) => void

/** Pushes an archive through, a piece at a time. */
async function* walk(path: string, started: Started): AsyncGenerator<void> {
  const unzip = new Unzip(started)
  unzip.register(UnzipInflate)
  const pieces = createReadStream(path, { highWaterMark: 2 ** 18 })
  try {
    for await (const piece of pieces) {
      try {
        unzip.push(piece as Uint8Array)
      } catch (error) {
        throw damaged(path, error)
      }
      yield
    }
  } catch (error) {
    throw error instanceof FileError ? error : new FileError(`cannot read '${path}': ${reasonOf(error)}`)
  }
}
