import { numbersOf, type Tensor } from '../../ir/tensor.ts'
import type { Activations } from '../data/samples.ts'
import type { Stage } from '../report.ts'
import { BITS, GREYS, NOTHING, SIGNED } from './palettes.ts'
import type { Picture } from './png.ts'
import { kinds } from './show.ts'

/** What is drawn of a stage: the sums before a sign first, then what it stores. */
export function partsOf(
  stage: Stage,
  { value, sums }: Activations,
): { readonly tensor: Tensor; readonly what: string }[] {
  const tensor = value.get(stage.id)
  if (stage.op === 'input' || stage.op === 'transpose' || !tensor) return []
  const before = sums.get(stage.id)
  return [
    ...(before && before !== tensor && before.dtype === 'i32' ? [{ tensor: before, what: 'sums of ±1' }] : []),
    { tensor, what: kinds[stage.dtype] },
  ]
}

const SHOWN = 32
const COLUMNS = 8

/** Channels of a value as pictures side by side, or a row per channel where it has only one line. */
export function mapsOf({ dtype, shape, values }: Tensor): { picture: Picture; scale: number; shown: number } {
  const numbers = numbersOf({ dtype, shape, values })
  const paint = painter(dtype, numbers)
  const channels = shape.at(-1) ?? 1
  const width = shape.length >= 2 ? shape.at(-2)! : 1
  const height = numbers.length / channels / width
  if (height === 1 && width === 1) return strip(numbers, paint)
  if (height === 1) return rows(numbers, width, channels, paint)
  const shown = Math.min(SHOWN, channels)
  const columns = Math.min(COLUMNS, shown)
  const lines = Math.ceil(shown / columns)
  const [w, h] = [columns * (width + 1) - 1, lines * (height + 1) - 1]
  const pixels = new Uint8Array(w * h).fill(paint.nothing)
  for (let k = 0; k < shown; k++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const at = (Math.floor(k / columns) * (height + 1) + y) * w + (k % columns) * (width + 1) + x
        pixels[at] = paint.index(numbers[(y * width + x) * channels + k]!)
      }
  return { picture: { width: w, height: h, pixels, palette: paint.palette }, scale: scaleFor(w, h), shown }
}

/** A vector in lines of at most 50 cells. */
function strip(numbers: readonly number[], paint: Painter) {
  const width = Math.min(50, numbers.length)
  const height = Math.ceil(numbers.length / width)
  const pixels = new Uint8Array(width * height).fill(paint.nothing)
  numbers.forEach((value, k) => {
    pixels[k] = paint.index(value)
  })
  return {
    picture: { width, height, pixels, palette: paint.palette },
    scale: scaleFor(width, 1),
    shown: numbers.length,
  }
}

/** Channels below each other, positions side by side. */
function rows(numbers: readonly number[], width: number, channels: number, paint: Painter) {
  const pixels = new Uint8Array(width * channels)
  for (let x = 0; x < width; x++)
    for (let k = 0; k < channels; k++) pixels[k * width + x] = paint.index(numbers[x * channels + k]!)
  return { picture: { width, height: channels, pixels, palette: paint.palette }, scale: 1, shown: channels }
}

const scaleFor = (width: number, height: number): number =>
  Math.max(1, Math.min(12, Math.floor(320 / width), Math.floor(320 / height)))

interface Painter {
  readonly palette: NonNullable<Picture['palette']>
  readonly nothing: number
  readonly index: (value: number) => number
}

/** Bits black and white; numbers that have both signs in two colours around 0; others in greys. */
function painter(dtype: Tensor['dtype'], numbers: readonly number[]): Painter {
  if (dtype === 'bit') return { palette: BITS, nothing: NOTHING, index: bit => bit }
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of numbers) {
    if (value < low) low = value
    if (value > high) high = value
  }
  if (low < 0) {
    const most = Math.max(-low, high) || 1
    return { palette: SIGNED, nothing: 31, index: value => step((value / most + 1) / 2, 30) }
  }
  const span = high - low || 1
  return { palette: GREYS, nothing: 32, index: value => step((value - low) / span, 31) }
}

const step = (share: number, last: number): number => Math.min(last, Math.max(0, Math.round(share * last))) || 0

/** A picture that a network gets: one or three channels, before or behind rows and columns. */
export function photoOf({ dtype, shape, values }: Tensor): { picture: Picture; scale: number } | undefined {
  if (shape.length !== 4 || shape[0] !== 1) return undefined
  const first = shape[1] === 1 || shape[1] === 3
  const channels = first ? shape[1]! : shape[3]!
  const [height, width] = (first ? shape.slice(2) : shape.slice(1, 3)) as [number, number]
  if ((channels !== 1 && channels !== 3) || height < 4 || width < 4) return undefined
  const numbers = numbersOf({ dtype, shape, values })
  const low = dtype === 'u8' ? 0 : numbers.reduce((a, b) => Math.min(a, b))
  const span = dtype === 'u8' ? 255 : numbers.reduce((a, b) => Math.max(a, b)) - low || 1
  const part = (y: number, x: number, k: number): number =>
    (numbers[first ? (k * height + y) * width + x : (y * width + x) * channels + k]! - low) / span
  const pixels = new Uint8Array(width * height * channels)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let k = 0; k < channels; k++)
        pixels[(y * width + x) * channels + k] = step(part(y, x, k), channels === 1 ? 31 : 255)
  const scale = Math.max(1, Math.floor(128 / Math.max(width, height)))
  return { picture: { width, height, pixels, ...(channels === 1 ? { palette: GREYS } : {}) }, scale }
}
