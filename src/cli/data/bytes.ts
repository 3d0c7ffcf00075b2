import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'
import { FileError, reasonOf } from '../fail.ts'

/** Takes bytes off a stream: the next so many, in memory of their own; fewer where the stream ends. */
export type Take = (count: number) => Promise<Uint8Array>

export function takeFrom(source: AsyncIterable<Uint8Array>): Take {
  const iterator = source[Symbol.asyncIterator]()
  let rest: Uint8Array = new Uint8Array()
  return async count => {
    const bytes = new Uint8Array(count)
    let filled = 0
    while (filled < count) {
      if (rest.length === 0) {
        const { done, value } = await iterator.next()
        if (done) break
        rest = value
        continue
      }
      const part = rest.subarray(0, count - filled)
      bytes.set(part, filled)
      filled += part.length
      rest = rest.subarray(part.length)
    }
    return bytes.subarray(0, filled)
  }
}

/** The first bytes of a file, unpacked where it is gzipped. */
export async function headOf(path: string, count: number): Promise<Uint8Array> {
  const source = await readUnpacked(path)
  try {
    return await takeFrom(source)(count)
  } catch (error) {
    throw new FileError(`cannot read '${path}': ${reasonOf(error)}`)
  } finally {
    source.destroy()
  }
}

/** A file as it comes from disk, unpacked where it is gzipped. */
export async function readUnpacked(path: string) {
  const file = createReadStream(path)
  if (!(await isGzipped(path))) return file
  const unpacked = createGunzip()
  file.on('error', error => unpacked.destroy(error))
  return file.pipe(unpacked)
}

async function isGzipped(path: string): Promise<boolean> {
  try {
    const file = await open(path)
    try {
      const { buffer } = await file.read(new Uint8Array(2), 0, 2, 0)
      return buffer[0] === 0x1f && buffer[1] === 0x8b
    } finally {
      await file.close()
    }
  } catch (error) {
    throw new FileError(`cannot read '${path}': ${reasonOf(error)}`)
  }
}
