import { clampInt } from '../functions/plain.ts'
import { sumText } from '../names.ts'
import type { Scope } from './layer.ts'

/** Pixels of a row that are computed together: enough to hide latencies, few enough for registers. */
export const PIXELS = 8

/** Pixels of a row that are summed together. Without instruction sets tiles have four, and the stack may be small. */
export function pixelsTogether(binary: boolean, outWidth: number, vectors: boolean): number {
  if (outWidth === 1) return 1
  if (vectors) return PIXELS
  return binary ? 1 : PIXELS / 2
}

/** What templates say of the blocks of pixels that a row of results is computed in: all of it, or `some` that a caller says. */
export function pixelTexts(outWidth: number, { use }: Scope, some = false, together = PIXELS) {
  const many = outWidth > 1 && together > 1
  const step = Math.min(together, outWidth)
  const startColumn = some || outWidth > step ? 'start_column' : '0'
  const [start, end] = some ? ['first_row', 'end_row'] : ['0', `${outWidth}`]
  return {
    /** Of a block; functions are made for so many. */
    most: many ? together : 1,
    many,
    startColumn,
    eachColumns:
      startColumn === '0'
        ? ''
        : `for (int start_column = ${start}; start_column < ${end}; ${step === 1 ? 'start_column++' : `start_column += ${step}`})`,
    /** What is left in the last block. */
    pixelsLeft:
      !many || (!some && outWidth % step === 0) ? `${step}` : `${use(clampInt)}(${end} - ${startColumn}, 0, ${step})`,
    pixels: many ? 'pixels' : '1',
    eachPixel: many ? 'for (int pixel = 0; pixel < pixels; pixel++)' : '',
    pixel: many ? 'pixel' : '0',
    column: many ? sumText(startColumn, 'pixel') : startColumn,
  }
}
