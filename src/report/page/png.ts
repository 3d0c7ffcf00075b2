import { zlibSync } from 'fflate'
import { type Html, html } from './html.ts'

/** Colours of a palette, r, g, b and opacity from 0 to 255. */
export type Palette = readonly (readonly [number, number, number, number])[]

/** PNG's numbers of colour types. */
const [COLOURS, INDEXED] = [2, 3]

export interface Picture {
  readonly width: number
  readonly height: number
  /** An index into the palette per pixel, or red, green and blue where there is none. */
  readonly pixels: Uint8Array
  readonly palette?: Palette
}

/** A PNG; with a palette, of as few bits per pixel as it takes. */
export function encodePng({ width, height, pixels, palette }: Picture): Uint8Array {
  const depth = palette ? [1, 2, 4, 8].find(bits => palette.length <= 2 ** bits)! : 8
  const head = new Uint8Array(13)
  const view = new DataView(head.buffer)
  view.setUint32(0, width)
  view.setUint32(4, height)
  head.set([depth, palette ? INDEXED : COLOURS, 0, 0, 0], 8)
  const lines = palette ? packLines(width, height, pixels, depth) : packLines(3 * width, height, pixels, 8)
  return join([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', head),
    ...(palette
      ? [
          chunk('PLTE', Uint8Array.from(palette.flatMap(colour => colour.slice(0, 3)))),
          chunk('tRNS', Uint8Array.from(palette.map(colour => colour[3]))),
        ]
      : []),
    chunk('IDAT', zlibSync(lines, { level: 9 })),
    chunk('IEND', new Uint8Array()),
  ])
}

/** Values of `depth` bits, the first in the highest; a byte for the filter, which is none, before every line. */
function packLines(width: number, height: number, values: Uint8Array, depth: number): Uint8Array {
  const row = Math.ceil((width * depth) / 8) + 1
  const lines = new Uint8Array(row * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const bit = x * depth
      lines[y * row + 1 + (bit >> 3)]! |= values[y * width + x]! << (8 - depth - (bit & 7))
    }
  return lines
}

/** The picture on the page, each pixel `scale` pixels large. */
export function image(picture: Picture, scale: number, alt: string, zoomable = false): Html {
  const data = Buffer.from(encodePng(picture)).toString('base64')
  const { width, height } = picture
  return html`<img class="${zoomable ? 'pixels zoomable' : 'pixels'}" src="data:image/png;base64,${data}" width="${width * scale}" height="${height * scale}" alt="${alt}" title="${alt}">`
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = join([new TextEncoder().encode(type), data])
  const [size, sum] = [new Uint8Array(4), new Uint8Array(4)]
  new DataView(size.buffer).setUint32(0, data.length)
  new DataView(sum.buffer).setUint32(0, crc(body))
  return join([size, body, sum])
}

function crc(bytes: Uint8Array): number {
  let sum = 0xffffffff
  for (const byte of bytes) {
    sum ^= byte
    for (let k = 0; k < 8; k++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1
  }
  return ~sum >>> 0
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}
