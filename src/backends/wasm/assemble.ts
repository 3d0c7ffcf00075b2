import { InternalError } from '../../ir/diagnostic.ts'
import type { Segment } from './scope.ts'

/** Longest run of zeros that stays inside a segment: a new segment costs about as many bytes. */
const ZEROS = 8

/** WAT without data and the segments, as a binary module. wabt is loaded here: it is large. */
export async function assemble(name: string, text: string, segments: readonly Segment[]): Promise<Uint8Array> {
  const { default: loadWabt } = await import('wabt')
  const wabt = await loadWabt()
  try {
    const module = wabt.parseWat(`${name}.wat`, text, { simd: true, relaxed_simd: true })
    try {
      module.validate()
      const { buffer } = module.toBinary({ write_debug_names: false })
      return withData(buffer, segments)
    } finally {
      module.destroy()
    }
  } catch (error) {
    throw new InternalError('wasm', error, text)
  }
}

/** The same module with a data section at its end, which is where the format wants it. */
function withData(module: Uint8Array, segments: readonly Segment[]): Uint8Array {
  const parts = segments.flatMap(withoutZeros)
  if (parts.length === 0) return module.slice()
  const body = [
    unsigned(parts.length),
    // Active segment of memory 0 at a constant address.
    ...parts.flatMap(({ address, bytes }) => [[0, 0x41, ...signed(address), 0x0b], unsigned(bytes.length), bytes]),
  ]
  const length = body.reduce((sum, part) => sum + part.length, 0)
  return concat([module, [11], unsigned(length), ...body])
}

/** A segment cut at long runs of zeros: memory is zero at the start. */
function withoutZeros({ name, address, bytes }: Segment): Segment[] {
  const parts: Segment[] = []
  let start = 0
  while (start < bytes.length) {
    while (bytes[start] === 0) start++
    let end = start
    for (let next = start; next < bytes.length && next - end <= ZEROS; next++) if (bytes[next] !== 0) end = next + 1
    if (end > start) parts.push({ name, address: address + start, bytes: bytes.subarray(start, end) })
    start = Math.max(end, start + 1)
  }
  return parts
}

function concat(parts: readonly ArrayLike<number>[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    result.set(part, at)
    at += part.length
  }
  return result
}

/** LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = []
  let left = value
  do {
    bytes.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0))
    left = Math.floor(left / 128)
  } while (left > 0)
  return bytes
}

function signed(value: number): number[] {
  const bytes: number[] = []
  let left = value | 0
  for (;;) {
    const byte = left & 0x7f
    left >>= 7
    const isDone = (left === 0 && (byte & 0x40) === 0) || (left === -1 && (byte & 0x40) !== 0)
    bytes.push(isDone ? byte : byte | 0x80)
    if (isDone) return bytes
  }
}

/** The module with its data segments, as text that any WAT assembler turns into the same module. */
export function withDataText(text: string, segments: readonly Segment[]): string {
  const data = segments.map(
    ({ name, address, bytes }) => `  ;; ${name}\n  (data (i32.const ${address})\n${quoted(bytes)}\n  )\n`,
  )
  return text.replace(/\)\s*$/, `${data.join('')})\n`)
}

/** So many bytes a line: each takes three columns. */
const BYTES_A_LINE = 32

const quoted = (bytes: Uint8Array): string =>
  Array.from({ length: Math.ceil(bytes.length / BYTES_A_LINE) }, (_, k) => k * BYTES_A_LINE)
    .map(start => `    "${escaped(bytes.subarray(start, start + BYTES_A_LINE))}"`)
    .join('\n')

const escaped = (bytes: Uint8Array): string =>
  Array.from(bytes, byte => `\\${byte.toString(16).padStart(2, '0')}`).join('')
