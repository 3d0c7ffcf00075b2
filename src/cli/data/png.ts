import { inflateSync } from 'node:zlib'
import { FileError } from '../fail.ts'
import type { Picture } from './pnm.ts'

/** Channels of a colour type that has no alpha: grey, RGB, palette. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1 }

/** PNG of 8 bits per channel, without alpha and not interlaced: https://www.w3.org/TR/png-3 */
export function readPng(path: string, file: Buffer): Picture {
  const fail = (what: string): never => {
    throw new FileError(`'${path}' ${what}`)
  }
  if (file.length < 33 || file.toString('latin1', 1, 4) !== 'PNG') return fail('is no PNG file')
  const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)]
  const [depth, type, interlaced] = [file[24]!, file[25]!, file[28]!]
  const channels = CHANNELS[type]
  const { parts, palette } = chunksOf(file)
  if (depth !== 8 || channels === undefined || interlaced !== 0)
    return fail('is a PNG in another form; supported: 8 bits, grey, RGB or palette, no alpha, not interlaced')
  const stride = width * channels
  let rows: Uint8Array
  try {
    rows = inflateSync(Buffer.concat(parts), { maxOutputLength: (stride + 1) * height + 1 })
  } catch (error) {
    return fail(`is a damaged PNG file: ${(error as Error).message}`)
  }
  if (rows.length !== (stride + 1) * height) return fail('is a damaged PNG file: its rows are cut off')
  const bytes = unfilter(rows, stride, height, channels) ?? fail('is a damaged PNG file: an unknown filter')
  if (type !== 3) return { width, height, channels, order: 'pixels', bytes }
  if (bytes.some(index => index * 3 + 2 >= palette.length))
    return fail('is a damaged PNG file: its palette is too short')
  const colours = Uint8Array.from(
    { length: bytes.length * 3 },
    (_, k) => palette[bytes[Math.floor(k / 3)]! * 3 + (k % 3)]!,
  )
  return { width, height, channels: 3, order: 'pixels', bytes: colours }
}

function chunksOf(file: Buffer): { parts: Buffer[]; palette: Buffer } {
  const parts: Buffer[] = []
  let palette = Buffer.alloc(0)
  for (let at = 8; at + 12 <= file.length; ) {
    const length = file.readUInt32BE(at)
    const kind = file.toString('latin1', at + 4, at + 8)
    const data = file.subarray(at + 8, at + 8 + length)
    if (kind === 'IDAT') parts.push(data)
    if (kind === 'PLTE') palette = Buffer.from(data)
    at += 12 + length
  }
  return { parts, palette }
}

/** Every row begins with the filter that its bytes went through: none, left, up, their mean, or Paeth's choice. */
function unfilter(rows: Uint8Array, stride: number, height: number, channels: number): Uint8Array | undefined {
  const bytes = new Uint8Array(stride * height)
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (stride + 1)]!
    if (filter > 4) return undefined
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x
      const left = x >= channels ? bytes[at - channels]! : 0
      const up = y > 0 ? bytes[at - stride]! : 0
      const corner = x >= channels && y > 0 ? bytes[at - stride - channels]! : 0
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter]!
      bytes[at] = rows[at + y + 1]! + guess
    }
  }
  return bytes
}

function paeth(left: number, up: number, corner: number): number {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)]
  return a <= b && a <= c ? left : b <= c ? up : corner
}
