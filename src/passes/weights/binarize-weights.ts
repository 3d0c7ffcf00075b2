import { wordsFor } from '../../ir/bits.ts'
import type { Tensor } from '../../ir/tensor.ts'
import type { PassOptions } from '../pass.ts'
import { type BinaryWeights, type FloatWeights, filtersOf, type Plane, signsInto } from './binary-weights.ts'
import { type Census, censusOf } from './census.ts'
import { latentWeights } from './latent-weights.ts'
import { type Levels, levelsOf } from './levels.ts'
import { type Code, cheapestCode, commonCodes } from './planes.ts'
import { separableScale } from './separable.ts'

/**
 * Weights whose magnitudes differ by less than this, relative to the filter's largest, are ±alpha with rounding noise:
 * exporters leave (alpha·sign(W) − clip(W)) + clip(W) to be folded, which rounds (LCE allows 0.005).
 */
const TOLERANCE = 1e-3

/** Some units in the last place: what one addition and one subtraction leave. */
export const ROUNDING = 1e-6

/** Most planes that a layer of bits adds up: for levels of a quantiser, and for alphas in another order than per filter. */
const MOST_PLANES = 4
const MOST_SCALES = 16
/** Smallest weight beside the largest of its filter: sums of planes are as large as the latter, and round the former. */
const LEAST = 2 ** -10

/**
 * What a layer of bits takes the weights for. Those of a few values per filter (±alpha, or 0, levels of a quantiser, alphas
 * per input channel or tap) are taken as they are; others are trained floats, of which `mode` says what to make:
 *   xnor      alpha = mean |W|, signs of W                                        (Rastegari et al. 2016, eq. 6)
 *   centered  the same after W − mean over input channels, clamped to [−1, 1]
 *   exact     refused
 */
export function binarizeWeights(weights: Tensor, mode: PassOptions['weights']): BinaryWeights | FloatWeights {
  const levels = allLevels(weights, mode === 'exact' ? 0 : TOLERANCE)
  const separable = levels?.every(isScaledSign) ? undefined : separableScale(weights)
  if (!levels && separable) return { refused: `its weights are ±alpha ${separable}, of too many values for bits` }
  if (!levels) {
    if (mode !== 'exact') return latentWeights(weights, mode)
    return {
      refused: 'its weights are trained floats, not ±alpha (--weights xnor would binarize them)',
      isTrained: true,
    }
  }
  const values = describe(levels, separable)
  const codes = codesOf(levels)
  const planes = mostPlanes(codes)
  const channels = weights.shape[3]!
  // A plane reads words where a float layer reads as many floats as there are channels.
  if (planes > 2 && (planes > (separable ? MOST_SCALES : MOST_PLANES) || planes * wordsFor(channels) > channels))
    return { refused: `its ${values} would take ${planes} sums of bits, more than a float layer costs` }
  if (censusOf(weights).some(({ smallest, largest }) => smallest < LEAST * largest))
    return { refused: `its ${values} differ too much in size: sums of bits would round the smallest away` }
  const noise = noiseOf(weights, codes)
  if (mode === 'exact' && noise > 0)
    return { refused: `its ${values} have rounding noise of ${noise.toPrecision(2)}, which --weights exact keeps` }
  const what = noise > 0 ? `${values} (but for rounding noise of ${noise.toPrecision(2)})` : values
  return {
    ...encode(weights, filledUp(codes, planes)),
    noise,
    values: what,
    reason: planes === 1 ? what : `${what}: ${planes} sums of bits`,
  }
}

/** Each filter's own, unless one for all takes no more planes. */
function codesOf(levels: readonly Levels[]): readonly Code[] {
  const own = levels.map(cheapestCode)
  const common = mostPlanes(own) > 2 || own.some(({ offset }) => offset !== 0) ? commonCodes(levels) : undefined
  return common && mostPlanes(common) <= mostPlanes(own) ? common : own
}

const mostPlanes = (codes: readonly Code[]): number =>
  codes.reduce((most, { factors }) => Math.max(most, factors.length), 1)

/** Levels of every filter; undefined where one has too many. */
function allLevels(weights: Tensor, tolerance: number): Levels[] | undefined {
  const found: Levels[] = []
  const census = censusOf(weights)
  for (const [o, filter] of filtersOf(weights).entries()) {
    const levels = scaledSigns(census[o]!, tolerance) ?? levelsOf(filter)
    if (!levels) return undefined
    found.push(levels)
  }
  return found
}

/** Levels of a filter that is ±alpha, or 0, with noise up to the tolerance. Equal magnitudes keep their exact value. */
function scaledSigns(census: Census, tolerance: number): Levels | undefined {
  const { size, magnitudes, smallest, largest, zeros } = census
  if (zeros === size) return { values: [0], step: undefined }
  if (largest - smallest > tolerance * largest) return undefined
  const alpha = smallest === largest ? smallest : Math.fround(magnitudes / (size - zeros))
  return { values: zeros === 0 ? [-alpha, alpha] : [-alpha, 0, alpha], step: undefined }
}

/** Where zeros make two sums of bits, filters without any between them are two equal halves: factors stay 1. */
function filledUp(codes: readonly Code[], planes: number): readonly Code[] {
  if (planes !== 2) return codes
  const [first, last] = usersOf(codes, 1)
  return codes.map((code, o) =>
    code.factors.length === 1 && o > first && o < last
      ? {
          ...code,
          factors: [code.factors[0]! / 2, code.factors[0]! / 2],
          isPlus: (_, weight) => code.isPlus(0, weight),
        }
      : code,
  )
}

/** First and last filter that have this plane. */
const usersOf = (codes: readonly Code[], plane: number): readonly [number, number] => [
  codes.findIndex(({ factors }) => plane < factors.length),
  codes.findLastIndex(({ factors }) => plane < factors.length),
]

/** All filters in their codes; a plane is about the filters that have it, and those between. */
function encode(weights: Tensor, codes: readonly Code[]): Pick<BinaryWeights, 'planes' | 'alpha' | 'offset'> {
  const units = unitsOf(codes)
  const alpha = Float32Array.from(units)
  // A filter of zeros has an alpha of 0, whatever its factors.
  const inUnits = (part: number, o: number) => (units[o] === 0 ? 1 : part / units[o]!)
  const planes = Array.from({ length: mostPlanes(codes) }, (_, j): Plane => {
    const [first, last] = usersOf(codes, j)
    const factors = codes.slice(first, last + 1).map((code, k) => inUnits(code.factors[j] ?? 0, first + k))
    return { signs: signsOf(weights, codes, j, first, last), first, factors: Float32Array.from(factors) }
  })
  const offset = Float32Array.from(codes, (code, o) => (alpha[o] === 0 ? 0 : inUnits(code.offset, o)))
  return { planes, alpha, ...(offset.some(value => value !== 0) ? { offset } : {}) }
}

/** Per filter its smallest factor, if that makes all others of all filters whole numbers; else 1. */
function unitsOf(codes: readonly Code[]): number[] {
  const units = codes.map(({ factors }) => Math.min(...factors))
  const isWhole = codes.every(({ factors, offset }, o) =>
    [...factors, 2 * offset].every(part => part === 0 || Number.isInteger(part / units[o]!)),
  )
  return isWhole ? units : codes.map(() => 1)
}

function signsOf(weights: Tensor, codes: readonly Code[], plane: number, first: number, last: number): Tensor {
  const size = weights.values.length / weights.shape[0]!
  const signs = new Uint8Array((last + 1 - first) * size)
  for (let o = first; o <= last; o++) {
    const { factors, isPlus } = codes[o]!
    if (plane >= factors.length) continue
    const filter = (weights.values as Float32Array).subarray(o * size, (o + 1) * size)
    const at = (o - first) * size
    if (isSign(codes[o]!)) signsInto(signs, at, filter)
    else for (let k = 0; k < size; k++) signs[at + k] = isPlus(plane, filter[k]!) ? 1 : 0
  }
  return { dtype: 'bit', shape: [last + 1 - first, ...weights.shape.slice(1)], values: signs }
}

/** Largest difference between a weight and what its code says, relative to the largest weight of its filter. */
function noiseOf(weights: Tensor, codes: readonly Code[]): number {
  let most = 0
  const census = censusOf(weights)
  filtersOf(weights).forEach((filter, o) => {
    const { smallest, largest, zeros } = census[o]!
    if (isSign(codes[o]!)) {
      const [factor] = codes[o]!.factors as [number]
      const ends = [...(zeros > 0 ? [0] : []), ...(largest > 0 ? [smallest, largest] : [])]
      for (const end of ends) most = Math.max(most, Math.abs(end - factor) / (largest || 1))
      return
    }
    const decoded = new Map<number, number>()
    for (const weight of filter) {
      let value = decoded.get(weight)
      if (value === undefined) {
        value = decode(codes[o]!, weight)
        if (decoded.size < MANY) decoded.set(weight, value)
      }
      most = Math.max(most, Math.abs(weight - value) / (largest || 1))
    }
  })
  // What is left of rounding the factors to f32 is no noise.
  return most > F32 ? most : 0
}

const F32 = 2 ** -23
/** Distinct values worth remembering. */
const MANY = 1024

const decode = ({ factors, offset, isPlus }: Code, weight: number): number =>
  factors.reduce((sum, factor, j) => sum + (isPlus(j, weight) ? factor : -factor), offset)

/** One plane, of the weights' own signs. */
const isSign = ({ factors, offset }: Code): boolean => factors.length === 1 && offset === 0

function describe(levels: readonly Levels[], separable: string | undefined): string {
  const scales = levels.map(({ values }) => values.at(-1)!)
  if (levels.every(isScaledSign)) {
    const used = scales.filter(scale => scale !== 0)
    const isOne = used.every(scale => scale === 1)
    const scale = isOne ? '1' : used.every(value => value === used[0]) ? 'alpha' : 'alpha per filter'
    return levels.some(({ values }) => values.includes(0)) ? `weights ±${scale} or 0` : `weights ±${scale}`
  }
  if (separable) return `weights ±alpha ${separable}`
  const most = Math.max(...levels.map(({ values }) => values.length))
  if (most === 2) return 'weights of 2 unequal values per filter'
  const isEven = levels.every(({ values, step }) => values.length < 3 || step !== undefined)
  return `weights of ${most} ${isEven ? 'equally spaced ' : ''}levels per filter`
}

const isScaledSign = ({ values }: Levels): boolean =>
  values.every(value => value === 0 || Math.abs(value) === values.at(-1))
