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
    const image = decode(file, { checkCrc: true })
    const bytes = image.palette && image.channels === 1 ? convertIndexedToRgb(image) : image.data
    return { image, bytes: new Uint8Array(bytes) }
  } catch (error) {
    throw new FileError(`'${path}' is no PNG file, or a damaged one: ${(error as Error).message}`)
  }
}
