import type { Enclosure } from './enclosure.ts'
import type { Interval } from './interval.ts'

export interface Difference {
  readonly output: string
  readonly index: number
  readonly actual: number
  readonly expected: Interval
}

const LARGEST = 2 ** 127 * (2 - 2 ** -23)

/** What a target may do that is not a fault of the compiler's. */
export interface Liberties {
  /** Size below which it may give 0. */
  readonly least?: number
  /** The largest float in place of infinity, as onnxruntime's MaxPool begins with, and NaN for infinity times a weight of 0. */
  readonly saturates?: boolean
}

/** The first element that lies outside, or none. */
export function differenceFrom(
  expected: ReadonlyMap<string, Enclosure>,
  actual: ReadonlyMap<string, TensorLike>,
  { least = 0, saturates = false }: Liberties = {},
): Difference | string | undefined {
  for (const [output, { low, high }] of expected) {
    const found = actual.get(output)
    if (!found) return `no output '${output}'`
    if (`${found.shape}` !== `${low.shape}`) return `'${output}' has shape [${found.shape}], not [${low.shape}]`
    for (let index = 0; index < low.values.length; index++) {
      const [from, to, value] = [Number(low.values[index]), Number(high.values[index]), Number(found.values[index])]
      if (Number.isNaN(from) || value === from || (value >= from && value <= to)) continue
      if (saturates && Number.isNaN(value) && from !== to) continue
      if (saturates && Math.abs(from) === Infinity && value === Math.sign(from) * LARGEST) continue
      if (least > 0 && Math.abs(from) <= least && value === 0) continue
      return { output, index, actual: value, expected: [from, to] }
    }
  }
  return undefined
}

export interface TensorLike {
  readonly shape: readonly number[]
  readonly values: ArrayLike<number | bigint | boolean>
}

/** How many elements are known exactly, of how many. */
export function exactShare(enclosures: ReadonlyMap<string, Enclosure>): readonly [exact: number, all: number] {
  let [same, all] = [0, 0]
  for (const { low, high } of enclosures.values()) {
    all += low.values.length
    for (let i = 0; i < low.values.length; i++) if (low.values[i] === high.values[i]) same++
  }
  return [same, all]
}
