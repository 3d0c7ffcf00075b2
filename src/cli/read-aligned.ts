import { open } from 'node:fs/promises'
import { decodeModel } from '../frontend/model.ts'

/** Of smaller files a copy costs nothing. */
const LARGE = 1 << 26

/**
 * The bytes of a file. Those of a large model lie so that its largest tensor is aligned: the compiler then takes its floats
 * where they are, and the weights of a first dense layer are most of many a network.
 */
export async function readAligned(path: string, large = LARGE): Promise<Uint8Array> {
  const file = await open(path)
  try {
    const status = await file.stat()
    // Such as /dev/zero, which never ends. A pipe does.
    if (status.isCharacterDevice() || status.isBlockDevice()) throw new Error('it is a device')
    const { size } = status
    if (size < large) return await file.readFile()
    const room = new Uint8Array(size + Float32Array.BYTES_PER_ELEMENT)
    let read = 0
    for (let more = 1; more > 0 && read < size; read += more)
      more = (await file.read(room, read, size - read)).bytesRead
    const bytes = room.subarray(0, read)
    const shift = await misalignment(bytes)
    return shift === 0 ? bytes : room.copyWithin(shift, 0, read).subarray(shift, shift + read)
  } finally {
    await file.close()
  }
}

/** By how many bytes to move a model; 0 for what is none, of which the compiler says more. */
async function misalignment(bytes: Uint8Array): Promise<number> {
  try {
    const { graph } = await decodeModel(bytes)
    const [largest] = graph.initializers.map(({ raw }) => raw).sort((a, b) => b.length - a.length)
    return largest ? -largest.byteOffset & 3 : 0
  } catch {
    return 0
  }
}
