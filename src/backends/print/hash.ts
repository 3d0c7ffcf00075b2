/** 64 bits that tell different contents apart, in hexadecimal: MurmurHash3's mixing of words, with two seeds. */
export const hash64 = (bytes: Uint8Array): string => [0x9747b28c, 0x3c6ef372].map(seed => hash32(bytes, seed)).join('')

/** Of whole words: bytes past the last one are left out. */
function hash32(bytes: Uint8Array, seed: number): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let hash = seed
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const word = Math.imul(view.getUint32(at, true), 0xcc9e2d51)
    hash ^= Math.imul((word << 15) | (word >>> 17), 0x1b873593)
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0
  }
  hash ^= bytes.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0).toString(16).padStart(8, '0')
}

/** One number for several contents, in their order. */
export function hashOf(parts: readonly (string | Uint8Array)[]): string {
  const encoder = new TextEncoder()
  const hashes = parts.map(part => {
    const bytes = typeof part === 'string' ? encoder.encode(part) : part
    const whole = new Uint8Array(4 * Math.ceil(bytes.length / 4))
    whole.set(bytes)
    return `${bytes.length}:${hash64(whole)}`
  })
  return hash64(encoder.encode(hashes.map(text => text.padEnd(32)).join('')))
}
