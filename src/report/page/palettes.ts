import type { Palette } from './png.ts'

/** -1, +1 and nothing. */
export const BITS: Palette = [
  [17, 20, 24, 255],
  [255, 255, 255, 255],
  [128, 128, 128, 0],
]
export const NOTHING = 2

/** 32 greys, and nothing as the last. */
export const GREYS: Palette = [
  ...Array.from({ length: 32 }, (_, k) => [(k * 255) / 31, (k * 255) / 31, (k * 255) / 31, 255] as const),
  [128, 128, 128, 0],
]

/** Orange below 0, white at 0, blue above: 31 steps that eyes without red or green tell apart, and nothing. */
export const SIGNED: Palette = [
  ...Array.from({ length: 31 }, (_, k) => {
    const [low, high, share] = [[179, 88, 6], [5, 96, 170], Math.abs(k - 15) / 15] as const
    const end = k < 15 ? low : high
    return [mix(end[0], share), mix(end[1], share), mix(end[2], share), 255] as const
  }),
  [128, 128, 128, 0],
]

function mix(end: number, share: number): number {
  return Math.round(250 + (end - 250) * share)
}
