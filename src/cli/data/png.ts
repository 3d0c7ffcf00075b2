import { inflateSync } from 'node:zlib'
import { convertIndexedToRgb, type DecodedPng, decode } from 'fast-png'
import { FileError } from '../fail.ts'
import type { Picture } from './pnm.ts'

/** PNG of 8 bits per channel, or with a palette. What would change on the way to bytes is refused: 16 bits, alpha. */
export function readPng(path: string, file: Uint8Array): Picture {
  const { image, bytes } = decoded(path, file)
  const { width, height, depth, channels, palette, transparency } = image
  const hasPalette = channels === 1 && palette !== undefined
  const hasAlpha = channels === 2 || channels === 4 || transparency !== undefined || (palette?.[0]?.length ?? 3) > 3
  if (hasAlpha || (depth !== 8 && !hasPalette))
    throw new FileError(`'${path}' is a PNG in another form; supported: 8 bits, grey, RGB or palette, no alpha`)
  return { width, height, channels: hasPalette ? 3 : channels, order: 'pixels', bytes }
}

function decoded(path: string, file: Uint8Array): { image: DecodedPng; bytes: Uint8Array } {
  try {
    const chunks = chunksOf(file)
    checkRows(chunks)
    const image = decode(Buffer.concat([file.subarray(0, SIGNATURE), ...chunks.map(({ whole }) => whole)]), {
      checkCrc: true,
    })
    const bytes = image.palette && image.channels === 1 ? convertIndexedToRgb(image) : image.data
    return { image, bytes: new Uint8Array(bytes) }
  } catch (error) {
    throw new FileError(`'${path}' is no PNG file, or a damaged one: ${(error as Error).message}`)
  }
}

interface Chunk {
  readonly type: string
  readonly data: Uint8Array
  /** With its length, type and check sum. */
  readonly whole: Uint8Array
}

const SIGNATURE = 8
/** What says something of pixels. Profiles and texts are compressed too, and may be as long as they like. */
const NEEDED = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'])

function chunksOf(file: Uint8Array): Chunk[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const chunks: Chunk[] = []
  for (let at = SIGNATURE, end = at; at < file.length; at = end) {
    const length = view.getUint32(at)
    end = at + 12 + length
    if (end > file.length) throw new Error('it ends early')
    const type = String.fromCharCode(...file.subarray(at + 4, at + 8))
    if (NEEDED.has(type))
      chunks.push({ type, data: file.subarray(at + 8, at + 8 + length), whole: file.subarray(at, end) })
  }
  return chunks
}

/** Most bytes of a picture; those that networks read are far below. */
const MOST_BYTES = 2 ** 28

/** The decoder takes as many rows as there are, and fills up what is missing with zeros: exactly those of its size must be there. */
function checkRows(chunks: readonly Chunk[]): void {
  const header = chunks.find(({ type }) => type === 'IHDR')?.data
  if (header?.length !== 13) throw new Error('it has no size')
  const expected = rowBytes(header)
  if (expected > MOST_BYTES) throw new Error(`it is larger than ${MOST_BYTES} bytes`)
  const packed = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data))
  const length = inflatedLength(packed, expected + 1)
  if (length < expected) throw new Error('its last rows are missing')
  if (length > expected) throw new Error('it has more rows than its size')
}

/** At most `most`. */
function inflatedLength(packed: Uint8Array, most: number): number {
  try {
    return inflateSync(packed, { maxOutputLength: most }).length
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return most
    throw error
  }
}

/** Where each pass of Adam7 begins, and its steps, across and down: PNG specification, section 8.2. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const

/** Numbers of a pixel by the type of colour: PNG specification, section 11.2.1. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }

/** Bytes that its rows take, a filter's number before each. */
function rowBytes(header: Uint8Array): number {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength)
  const [width, height, depth] = [view.getUint32(0), view.getUint32(4), header[8]!]
  const channels = CHANNELS[header[9]!]
  if (channels === undefined) throw new Error('it has an unknown type of colour')
  const passes = header[12] === 1 ? ADAM7 : ([[0, 0, 1, 1]] as const)
  return passes.reduce((sum, [left, top, across, down]) => {
    const [columns, rows] = [Math.ceil((width - left) / across), Math.ceil((height - top) / down)]
    return columns > 0 && rows > 0 ? sum + rows * (1 + Math.ceil((columns * channels * depth) / 8)) : sum
  }, 0)
}
