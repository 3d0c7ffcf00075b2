import { convertIndexedToRgb, type DecodedPng, decode } from 'fast-png'
import { unzlibSync } from 'fflate'
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
    const image = decode(file, { checkCrc: true })
    if (rowBytes(file) < rowsOf(image, file)) throw new Error('its last rows are missing')
    const bytes = image.palette && image.channels === 1 ? convertIndexedToRgb(image) : image.data
    return { image, bytes: new Uint8Array(bytes) }
  } catch (error) {
    throw new FileError(`'${path}' is no PNG file, or a damaged one: ${(error as Error).message}`)
  }
}

/** Bytes of rows in the file: all IDAT chunks together, inflated. The decoder would fill up what is missing with zeros. */
function rowBytes(file: Uint8Array): number {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const parts: Uint8Array[] = []
  for (let at = 8; at < file.length; at += 12 + view.getUint32(at))
    if (view.getUint32(at + 4) === IDAT) parts.push(file.subarray(at + 8, at + 8 + view.getUint32(at)))
  return unzlibSync(new Uint8Array(Buffer.concat(parts))).length
}

const IDAT = 0x49444154

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

/** Bytes that its rows take, a filter's number before each. */
function rowsOf({ width, height, channels, depth }: DecodedPng, file: Uint8Array): number {
  const passes = file[28] === 1 ? ADAM7 : ([[0, 0, 1, 1]] as const)
  return passes.reduce((sum, [left, top, across, down]) => {
    const [columns, rows] = [Math.ceil((width - left) / across), Math.ceil((height - top) / down)]
    return columns > 0 && rows > 0 ? sum + rows * (1 + Math.ceil((columns * channels * depth) / 8)) : sum
  }, 0)
}
