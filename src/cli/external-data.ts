import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import type { ReadExternal } from '../frontend/index.ts'

/**
 * Reads weights that are kept in files beside a model, and tells `found` of each. A model must not be able to read
 * anything else, so a link has to end in the model's folder (or where the model itself is a link to), at a plain file.
 */
export function externalReader(model: string, found: (file: string) => void = () => {}): ReadExternal {
  return (location, offset, length) => {
    const named = join(dirname(model), location)
    const real = realpathSync(named)
    const folders = [realpathSync(dirname(model)), dirname(realpathSync(model))]
    if (!folders.some(folder => real.startsWith(folder.endsWith(sep) ? folder : folder + sep)))
      throw new Error(`'${location}' is a link that leaves the folder of the model`)
    // Opening a pipe would wait for someone to write to it.
    const file = openSync(real, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    try {
      const status = fstatSync(file)
      if (!status.isFile()) throw new Error(`'${location}' is no plain file`)
      found(named)
      const there = Math.max(status.size - offset, 0)
      return readAll(file, offset, Math.min(length ?? there, there))
    } finally {
      closeSync(file)
    }
  }
}

function readAll(file: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let at = 0
  while (at < length) {
    // One call reads less than 2 GB.
    const count = readSync(file, bytes, at, Math.min(length - at, 2 ** 30), offset + at)
    if (count === 0) break
    at += count
  }
  return bytes.subarray(0, at)
}
