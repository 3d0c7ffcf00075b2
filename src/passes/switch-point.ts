/** An ordered set of sums that can occur, addressed by consecutive integers. */
export interface Order {
  readonly low: number
  readonly high: number
  readonly value: (index: number) => number
  /** What no member reaches. */
  readonly above: number
  /** Small enough to try every member. */
  readonly countable: boolean
}

/** Every integer from -size to size: border classes of a padded layer differ in parity, so none is left out. */
export const integers = (size: number): Order => ({
  low: -size,
  high: size,
  value: index => index,
  above: size + 1,
  countable: true,
})

export const LARGEST = 3.4028234663852886e38

const word = new DataView(new ArrayBuffer(4))

/** The place of an f32 among all f32: ascending, and 0 for both zeros. */
export function toOrder(value: number): number {
  word.setFloat32(0, value)
  const bits = word.getInt32(0)
  return bits < 0 ? -(bits & 0x7fffffff) : bits
}

/** Inverse of `toOrder`. */
export function fromOrder(index: number): number {
  word.setInt32(0, Math.abs(index))
  return index < 0 ? -word.getFloat32(0) : word.getFloat32(0)
}
