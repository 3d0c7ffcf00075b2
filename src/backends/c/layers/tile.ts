import { WORD, wordsFor } from '../../../ir/bits.ts'
import type { ConvolutionParams } from '../../../plan/kernels.ts'
import { type Weighed, weigh } from '../../strategy.ts'

/** Positions whose mismatches are added up together: a vector of bytes, or a few words of the machine. */
export const UNIT = 16

/** How a binary convolution is computed by tables: a tile of results at a time, a few bits of a tap at a time. */
export interface Tile {
  /** Of results. */
  readonly rows: number
  readonly columns: number
  /** Positions are linear over the rows that a tile reads: from one row to the next. */
  readonly pitch: number
  /** Positions of a table. */
  readonly positions: number
  /** Where results lie: units, of which so many follow each other before the next begins a row. */
  readonly units: number
  readonly unitsInRow: number
  /** From the sums of a row to those of the next. */
  readonly sumPitch: number
  /** Bits of a table, and tables that are kept at a time. */
  readonly bits: number
  readonly tables: number
  /** Whether sums need 16 bits. */
  readonly wide: boolean
}

/** Units that are in registers at a time: with words of 8 bytes 16 registers. */
const MOST_UNITS = 8

/** Bytes of stack for tables and sums. */
const MOST_BYTES = 48 << 10

/** Layers for which a position outside the image is enough, and a byte for every position. */
export const mayTabulate = (p: ConvolutionParams): boolean =>
  p.groups === 1 && p.images === 1 && p.strideX === 1 && p.strideY === 1 && p.kernelHeight * p.kernelWidth * 3 <= 255

/** Tables against counting, for machines without an instruction that counts bits; `mostRows`: of results that are asked for at a time. */
export const weighTables = (params: ConvolutionParams, mostRows: number): Weighed<Tile> =>
  weigh(countingCost(params), mayTabulate(params) ? tilesOf(params, mostRows) : [], tile => costOf(params, tile))

function* tilesOf(params: ConvolutionParams, mostRows: number): Generator<Tile> {
  const { channels, kernelHeight, kernelWidth, outHeight, outWidth } = params
  const taps = kernelHeight * kernelWidth
  for (const columns of parts(outWidth))
    for (const rows of parts(Math.min(outHeight, mostRows)))
      for (const linear of [true, false]) {
        const shape = shapeOf(params, rows, columns, linear)
        if (shape.units > MOST_UNITS) continue
        for (let bits = 3; bits <= 8; bits++) {
          const inWord = Math.ceil(Math.min(channels, WORD) / bits)
          for (let tables = 1; tables <= inWord; tables++) {
            const tile = { ...shape, bits, tables, wide: taps * channels > 255 }
            if (Math.min(WORD, tables * bits) * taps <= 255 && bytesOf(params, tile) <= MOST_BYTES) yield tile
          }
        }
      }
}

/** Sizes that divide a length into equal parts, but for the last. */
const parts = (length: number): number[] => [
  ...new Set(Array.from({ length: Math.min(length, 64) }, (_, k) => Math.ceil(length / (k + 1)))),
]

const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step

function shapeOf(params: ConvolutionParams, rows: number, columns: number, linear: boolean) {
  const { kernelHeight, kernelWidth, dilationY, dilationX } = params
  const across = (kernelWidth - 1) * dilationX
  // Where each row begins a unit, words of 8 bytes stay whole.
  const pitch = linear || rows === 1 ? columns + across : roundUp(columns + across, 8)
  const unitsInRow = Math.ceil((linear ? (rows - 1) * pitch + columns : columns) / UNIT)
  const units = linear ? unitsInRow : rows * unitsInRow
  const down = (kernelHeight - 1) * dilationY * pitch
  const last = (linear ? 0 : (rows - 1) * pitch) + unitsInRow * UNIT + down + across
  const positions = roundUp(Math.max(last, (rows + (kernelHeight - 1) * dilationY) * pitch), UNIT)
  return { rows, columns, pitch, positions, units, unitsInRow, sumPitch: linear ? pitch : unitsInRow * UNIT }
}

const bytesOf = ({ filters }: ConvolutionParams, { bits, tables, positions, units, wide }: Tile): number =>
  (tables << bits) * positions + filters * units * UNIT * (wide ? 2 : 1) + 5 * positions

/** Costs are counted in instructions of a machine with vectors of 16 bytes. */
function costOf(params: ConvolutionParams, { rows, columns, bits, tables, positions, units, wide }: Tile): number {
  const { channels, filters, kernelHeight, kernelWidth, outHeight, outWidth } = params
  const taps = kernelHeight * kernelWidth
  let word = 0
  for (const bitsInWord of wordBits(channels)) {
    const groups = Math.ceil(bitsInWord / bits)
    const rest = bitsInWord - (groups - 1) * bits
    const chunks = Math.ceil(groups / tables)
    const making = ((groups - 1) * (1 << bits) + (1 << rest)) * (positions / UNIT) * 3 + groups * positions * 3
    const adding = groups * taps * (6 + 2 * units) + chunks * taps * 4 + chunks * (8 + units * (wide ? 10 : 3))
    word += making + positions * 4 + filters * adding
  }
  const storing = filters * (units * 16 + 5) + (units * UNIT * filters) / 2
  return Math.ceil(outHeight / rows) * Math.ceil(outWidth / columns) * (word + storing)
}

const wordBits = (channels: number): number[] =>
  Array.from({ length: wordsFor(channels) }, (_, word) => Math.min(WORD, channels - word * WORD))

/** A popcount of nibbles in bytes of four lanes, and what it takes to begin and end. */
const countingCost = ({ channels, filters, kernelHeight, kernelWidth, outHeight, outWidth }: ConvolutionParams) =>
  outHeight * outWidth * filters * (kernelHeight * kernelWidth * wordsFor(channels) * 3.5 + 4)
