import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import createDecoder from '@jsquash/jpeg/codec/dec/mozjpeg_dec.js'
import { FileError } from '../fail.ts'
import type { Picture } from './pnm.ts'

// libjpeg-turbo, which Pillow has too: decoders of other origin disagree with it by up to 80 of 255.
const binary = createRequire(import.meta.url).resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm')

interface Decoder {
  /** RGBA. Throws a number where it gives up. */
  readonly decode: (file: Uint8Array, turned: boolean) => { width: number; height: number; data: Uint8ClampedArray }
}

/** What the decoder says on stderr. Behind a warning it goes on, with grey instead of what is missing. */
const complaints: string[] = []
let decoder: Promise<Decoder> | undefined

const start = async (): Promise<Decoder> =>
  createDecoder({ wasmBinary: await readFile(binary), printErr: (text: string) => complaints.push(text) })

/** JPEG, grey or in colours, as it lies in the file: what EXIF says of its orientation is not looked at. */
export async function readJpeg(path: string, file: Uint8Array): Promise<Picture> {
  decoder ??= start()
  const { decode } = await decoder
  complaints.length = 0
  try {
    const { width, height, data } = decode(file, false)
    if (complaints.length === 0) {
      const channels = isGrey(file) ? 1 : 3
      const valueAt = (_: unknown, k: number) => data[Math.floor(k / channels) * 4 + (k % channels)]!
      const bytes = Uint8Array.from({ length: width * height * channels }, valueAt)
      return { width, height, channels, order: 'pixels', bytes }
    }
  } catch {}
  throw new FileError(`'${path}' is no JPEG file, or a damaged one: ${complaints[0] ?? 'no picture in it'}`)
}

/** Of the markers before the picture, the frame's begins with FFC0, FFC1 or FFC2, and has the number of channels. */
function isGrey(file: Uint8Array): boolean {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  let at = 2
  while (view.getUint16(at) < 0xffc0 || view.getUint16(at) > 0xffc2) at += 2 + view.getUint16(at + 2)
  return view.getUint8(at + 9) === 1
}
