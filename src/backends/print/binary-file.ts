/** Values and where they start in a file, in bytes. */
export interface Part {
  readonly offset: number
  readonly data: Float32Array | Int32Array | Uint32Array | Int16Array | Uint16Array | Uint8Array
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** A file of so many bytes with these parts, zero between them. Little-endian on every machine. */
export function joinParts(parts: readonly Part[], length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  for (const { offset, data } of parts) {
    if (isLittleEndian || data instanceof Uint8Array)
      bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset)
    else if (data.BYTES_PER_ELEMENT === 2)
      for (let i = 0; i < data.length; i++) view.setInt16(offset + 2 * i, data[i]!, true)
    else {
      // As words: a NaN keeps its bits.
      const words = new Uint32Array(data.buffer, data.byteOffset, data.length)
      for (let i = 0; i < words.length; i++) view.setUint32(offset + 4 * i, words[i]!, true)
    }
  }
  return bytes
}
