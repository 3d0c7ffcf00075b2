import type { Port } from '../../plan/plan.ts'

/** Where the bytes of a canvas go: steps from one pixel, and from one channel, to the next. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly pixel: number
  readonly channel: number
}

/** An input of bytes that is one colour picture; undefined for others, and where its layout is not to be told. */
export function pictureOf({ dtype, shape }: Port): Picture | undefined {
  const [images, first, second, last] = shape
  if (dtype !== 'u8' || shape.length !== 4 || images !== 1) return undefined
  const isPlanes = first === 3
  const isPixels = last === 3 || (last === 4 && !isPlanes)
  if (isPlanes === isPixels) return undefined
  if (isPlanes) return { width: last!, height: second!, pixel: 1, channel: second! * last! }
  return { width: second!, height: first!, pixel: last!, channel: 1 }
}
