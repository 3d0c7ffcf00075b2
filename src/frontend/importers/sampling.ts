/** One axis of an image that is resized. */
export interface Axis {
  readonly from: number
  readonly to: number
  readonly scale: number
  /** Start and end of the part that is cut out, as shares of the axis. */
  readonly region?: readonly [start: number, end: number]
}

/** How positions are found and weighed, in ONNX's words. */
export interface Sampling {
  readonly transform: string
  readonly nearest: string
  readonly cubic: number
  readonly excludesOutside: boolean
}

/** A position along an axis and its weight. */
export interface Tap {
  readonly at: number
  readonly weight: number
}

const f = Math.fround

const halfPixel = (at: number, { scale }: Axis): number => f(f(f(at + 0.5) / scale) - 0.5)

/** Where a position of the result lies in the image, in the f32 steps of onnxruntime. */
export const coordinates: Readonly<Record<string, (at: number, axis: Axis) => number>> = {
  half_pixel: halfPixel,
  half_pixel_symmetric: (at, axis) => {
    const adjustment = f(axis.to / f(axis.scale * axis.from))
    return f(f(f(axis.from / 2) * f(1 - adjustment)) + halfPixel(at, axis))
  },
  pytorch_half_pixel: (at, axis) => (axis.to > 1 ? halfPixel(at, axis) : 0),
  tf_half_pixel_for_nn: (at, { scale }) => f(f(at + 0.5) / scale),
  align_corners: (at, { from, to }) => (to === 1 ? 0 : f(f(at * (from - 1)) / (to - 1))),
  asymmetric: (at, { scale }) => f(at / scale),
  tf_crop_and_resize: (at, { from, to, region = [0, 1] }) => {
    const [start, end] = region
    if (to === 1) return f(0.5 * f(start + end) * (from - 1))
    return f(f(start * (from - 1)) + f(f(f(at * f(end - start)) * (from - 1)) / (to - 1)))
  },
}

/** Ways to round to a position; `simple` is that of before opset 11. */
export const nearestModes: Readonly<Record<string, (at: number, scale: number) => number>> = {
  round_prefer_floor: at => (at === Math.trunc(at) + 0.5 ? Math.floor(at) : awayFromZero(at)),
  round_prefer_ceil: at => awayFromZero(at),
  floor: at => Math.floor(at),
  ceil: at => Math.ceil(at),
  simple: (at, scale) => (scale < 1 ? Math.ceil(at) : Math.trunc(at)),
}

const awayFromZero = (value: number): number => Math.sign(value) * Math.round(Math.abs(value))

const clampTo = (at: number, { from }: Axis): number => Math.min(Math.max(at, 0), from - 1)

type Sample = (at: number, axis: Axis, form: Sampling) => readonly Tap[] | undefined

/** Where a result is outside of the image and not moved to its border. */
const isOutside = (position: number, { from, region }: Axis): boolean =>
  region !== undefined && (position < 0 || position > from - 1)

/** What a position of the result is made of; undefined where it lies outside of a region. */
export const samplings: Readonly<Record<string, Sample>> = {
  nearest: (at, axis, form) => {
    const position = coordinates[form.transform]!(at, axis)
    if (isOutside(position, axis)) return undefined
    return [{ at: clampTo(nearestModes[form.nearest]!(position, axis.scale), axis), weight: 1 }]
  },
  linear: (at, axis, form) => {
    const position = coordinates[form.transform]!(at, axis)
    if (isOutside(position, axis)) return undefined
    const within = clampTo(position, axis)
    const [low, high] = [Math.floor(within), clampTo(Math.floor(within) + 1, axis)]
    if (low === high) return [{ at: low, weight: 1 }]
    return [
      { at: low, weight: f(high - within) },
      { at: high, weight: f(within - low) },
    ]
  },
  cubic: (at, axis, form) => {
    const position = coordinates[form.transform]!(at, axis)
    if (isOutside(position, axis)) return undefined
    const low = Math.floor(position)
    const taps = [-1, 0, 1, 2].map(k => ({
      at: low + k,
      weight: cubicWeight(Math.abs(position - low - k), form.cubic),
    }))
    const isInside = (tap: Tap) => tap.at >= 0 && tap.at < axis.from
    const total = form.excludesOutside ? taps.filter(isInside).reduce((sum, { weight }) => sum + weight, 0) : 1
    return taps.map(tap => ({
      at: clampTo(tap.at, axis),
      weight: form.excludesOutside && !isInside(tap) ? 0 : tap.weight / total,
    }))
  },
}

/** Keys' kernel. */
function cubicWeight(distance: number, a: number): number {
  if (distance <= 1) return ((a + 2) * distance - (a + 3)) * distance ** 2 + 1
  return distance < 2 ? ((distance - 5) * distance + 8) * distance * a - 4 * a : 0
}
