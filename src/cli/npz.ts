import { unzipSync } from 'fflate'
import { FileError } from './fail.ts'

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
      throw new FileError(`'${path}' is a damaged zip file: ${(error as Error).message}`)
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
