import { type Evaluator, evaluator } from '../../ir/expr.ts'
import { create, type Node } from '../../ir/node.ts'
import { sameShape } from '../../ir/tensor.ts'

/**
 * A value of a few bits: unit · (sum_i factor_i · b_i + offset), each b_i in {-1, +1} and each factor a whole number. One
 * plane is any two values; codes 0 to 2^n − 1 have the factors 1, 2, 4, … and the offset 2^n − 1; -1, 0 and +1 are halves
 * of two signs.
 */
export interface Coded {
  readonly planes: readonly { readonly bits: Node; readonly factor: number }[]
  readonly unit: number
  /** A whole number, half of one, or neither. */
  readonly offset: number
}

/** Most planes of one value: those of a byte. */
export const MOST_PLANES = 8
/** Rounding of f32, relative to the largest value: levels such as 0.1, 0.2, 0.3 are none the less equally spaced. */
export const NOISE = 2 ** -22

/** What is behind an f32 function of bits that is linear in them, as all functions of one bit are. */
export function codedValue(node: Node): Coded | undefined {
  if (node.op !== 'map' || node.type.dtype !== 'f32' || !isOfBits(node)) return undefined
  const values = valuesOf(node)
  // 1 / (x > 0) is no level of a layer: its sums would be infinite or no numbers.
  if (!values.every(Number.isFinite)) return undefined
  const shares = node.operands.map((_, i) => (values[2 ** i]! - values[0]!) / 2)
  const middle = shares.reduce((sum, share) => sum + share, values[0]!)
  const noise = NOISE * values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const isLinear = values.every(
    (value, row) => Math.abs(shares.reduce((sum, share, i) => sum + signOf(row, i) * share, middle) - value) <= noise,
  )
  const smallest = Math.min(...shares.map(Math.abs))
  if (!isLinear || smallest === 0) return undefined
  // The largest share tells the unit best.
  const largest = Math.max(...shares.map(Math.abs))
  const least = largest / Math.round(largest / smallest)
  const unit = shares.every(share => share < 0) ? -least : least
  const factors = shares.map(share => Math.round(share / unit))
  if (factors.some((factor, i) => Math.abs(factor) > 2 ** MOST_PLANES || Math.abs(factor * unit - shares[i]!) > noise))
    return undefined
  const planes = node.operands.map((bits, i) => ({ bits, factor: factors[i]! }))
  return { planes, unit, offset: planes.length === 1 ? middle / unit : nearHalf(middle / unit, noise / least) }
}

const signOf = (row: number, plane: number): number => ((row >> plane) % 2 === 1 ? 1 : -1)

const nearHalf = (value: number, noise: number): number => {
  const half = Math.round(2 * value) / 2
  return Math.abs(half - value) <= noise ? half : value
}

/** A function of a few bits of its own shape, and of nothing else: what moves such a value moves its bits as well. */
export const isOfBits = ({ operands, type }: Node<'map'>): boolean =>
  operands.length > 0 &&
  operands.length <= MOST_PLANES &&
  operands.every(operand => operand.type.dtype === 'bit' && sameShape(operand.type.shape, type.shape))

/** The value for every row of bits, the first bit counting 1, the next 2 and so on. */
export function valuesOf({ operands, attrs }: Node<'map'>): number[] {
  const value: Evaluator = evaluator(
    attrs.expr,
    operands.map(() => 'bit'),
  )
  return Array.from({ length: 2 ** operands.length }, (_, row) => value(rowOf(row, operands.length)))
}

export const rowOf = (row: number, planes: number): number[] =>
  Array.from({ length: planes }, (_, plane) => (row >> plane) % 2)

/** Its values for every row of bits, in units. */
const rowsOf = ({ planes, offset }: Coded): number[] =>
  Array.from({ length: 2 ** planes.length }, (_, row) =>
    planes.reduce((sum, { factor }, i) => sum + signOf(row, i) * factor, offset),
  )

/** The values that occur, ascending. */
export const levelsOfCode = (coded: Coded): number[] =>
  [...new Set(rowsOf(coded).map(value => Math.fround(value * coded.unit)))].sort((a, b) => a - b)

/** The bits that stand for 0; undefined where no bits do. */
export function zeroOf(coded: Coded): readonly number[] | undefined {
  const row = rowsOf(coded).indexOf(0)
  return row < 0 ? undefined : rowOf(row, coded.planes.length)
}

/** ±1, 0 or 0.5, 4 values from 0 to 3. */
export function showLevels(coded: Coded): string {
  const levels = levelsOfCode(coded)
  const [low, high] = [levels[0]!, levels.at(-1)!]
  if (levels.length > 2) return `${levels.length} values from ${short(low)} to ${short(high)}`
  return low + high === 0 ? `±${short(high)}` : `${short(low)} or ${short(high)}`
}

const short = (value: number): number => Number(value.toPrecision(7))

/** The same function of other bits. */
export const onBits = (node: Node<'map'>, bits: readonly Node[]): Node<'map'> =>
  create('map', bits, node.attrs, bits[0]!.origin)
