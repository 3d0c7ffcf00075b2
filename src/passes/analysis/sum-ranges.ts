import type { Convolution } from '../../ir/epilogue.ts'
import { largestSums } from '../../ir/integer-sums.ts'
import { commonStep, exactly, integers, type Lattice, latticeOf, type Range } from '../../ir/range.ts'
import type { Tensor } from '../../ir/tensor.ts'
import { type Census, censusOf } from '../weights/census.ts'

/**
 * Ranges of the sums of products of a convolution, one per filter. Where x lies on a lattice b + k·s and the filter's
 * weights are multiples of a unit u (±alpha, a few levels), the sums do as well:
 *   sum w·x = b · sum w + s · u · integer     over all taps
 * and in steps of u · gcd(b, s) where padding leaves taps out.
 */
export function sumRanges(node: Convolution, weights: Tensor, x: Range): Range[] {
  const [, , offsets] = node.operands
  if (node.op === 'integerConv2d' && offsets?.op === 'constant')
    return largestSums(weights, offsets.attrs.value).map(size => integers(-size, size))
  const image: Range = node.op === 'binaryConv2d' ? { low: -1, high: 1, points: [-1, 1], rest: 'none' } : x
  const isPadded = node.attrs.padding.some(amount => amount > 0)
  const lattice = latticeOf(image)
  return censusOf(weights).map(filter => sumRange(filter, image, lattice, isPadded))
}

function sumRange(filter: Census, x: Range, lattice: Lattice | undefined, isPadded: boolean): Range {
  const { size, positive, negative, unit } = filter
  const times = (weight: number, bound: number) => (weight === 0 ? 0 : weight * bound)
  const padded = isPadded ? { low: Math.min(x.low, 0), high: Math.max(x.high, 0) } : x
  // f32 sums round at every step, in an order that is not known here.
  const slack = size * HALF_ULP
  const [least, most] = [times(positive, padded.low), times(positive, padded.high)]
  const [lost, gained] = [times(negative, padded.high), times(negative, padded.low)]
  const bounds = {
    low: least - lost - slack * (Math.abs(least) + Math.abs(lost)),
    high: most - gained + slack * (Math.abs(most) + Math.abs(gained)),
  }
  const floats: Range = { ...bounds, points: x.points.includes(0) && x.rest !== 'none' ? [0] : [], rest: 'floats' }
  if (unit === 0 || (padded.low === 0 && padded.high === 0)) return exactly(0)
  if (unit === undefined || !lattice) return floats
  const { base, step } = lattice
  if (isPadded) {
    const common = commonStep(Math.abs(base), step)
    return common ? { ...bounds, points: [], rest: { base: 0, step: common * unit } } : floats
  }
  const start = base * (positive - negative)
  // An input of one value has sums of one value.
  return step > 0 ? { ...bounds, points: [], rest: { base: start, step: step * unit } } : exactly(start)
}

const HALF_ULP = 2 ** -24

/** The lattice of the sum of `count` values of a range. */
export function sumLattice(range: Range, count: number): Lattice | undefined {
  const lattice = latticeOf(range)
  return lattice && lattice.step > 0 ? { base: lattice.base * count, step: lattice.step } : undefined
}
