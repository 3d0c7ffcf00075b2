import { clampInt } from '../functions/plain.ts'
import { sumText } from '../names.ts'
import type { Scope } from './layer.ts'

/** Pixels of a row that are computed together: enough to hide latencies, few enough for registers. */
export const PIXELS = 8

/** What templates say of the blocks of pixels that a row of results is computed in. */
export function pixelTexts(outWidth: number, { use }: Scope) {
  const many = outWidth > 1
  const step = Math.min(PIXELS, outWidth)
  const startColumn = outWidth > step ? 'start_column' : '0'
  return {
    /** Of a block; functions are made for so many. */
    most: many ? PIXELS : 1,
    many,
    startColumn,
    eachColumns:
      outWidth > step ? `for (int start_column = 0; start_column < ${outWidth}; start_column += ${step})` : '',
    /** What is left in the last block. */
    pixelsLeft: outWidth % step === 0 ? `${step}` : `${use(clampInt)}(${outWidth} - ${startColumn}, 0, ${step})`,
    pixels: many ? 'pixels' : '1',
    eachPixel: many ? 'for (int pixel = 0; pixel < pixels; pixel++)' : '',
    pixel: many ? 'pixel' : '0',
    column: many ? sumText(startColumn, 'pixel') : '0',
  }
}
