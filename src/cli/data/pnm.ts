import { FileError } from '../fail.ts'
import type { ImageForm } from './images.ts'

export interface Picture extends ImageForm {
  readonly bytes: Uint8Array
}

/** Binary PGM and PPM, P5 and P6, of 8 bits: https://netpbm.sourceforge.net/doc/ppm.html */
export function readPnm(path: string, file: Uint8Array): Picture {
  const head = Buffer.from(file.subarray(0, 1024)).toString('latin1')
  const found = /^P([56])(?:\s|#.*\n)+(\d+)(?:\s|#.*\n)+(\d+)(?:\s|#.*\n)+(\d+)\s/.exec(head)
  if (found?.[4] !== '255') throw new FileError(`'${path}' is no binary PGM or PPM file of 8 bits`)
  const [width, height] = [Number(found[2]), Number(found[3])]
  const channels = found[1] === '5' ? 1 : 3
  const bytes = file.subarray(found[0].length, found[0].length + width * height * channels)
  if (bytes.length < width * height * channels) throw new FileError(`'${path}' is cut off`)
  return { width, height, channels, order: 'pixels', bytes }
}
