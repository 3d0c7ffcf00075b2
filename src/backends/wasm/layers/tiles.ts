import type { Kernels } from '../../../plan/kernels.ts'
import { isInside } from '../../../plan/windows.ts'
import { type Weighed, weigh } from '../../strategy.ts'

type Params = Kernels['binaryConv2d']['params']

const LANES = 16
/** Vectors of sums that stay in registers while tables are looked up. */
const MOST_VECTORS = 8
/** Bits of weights that one table is looked up by. Even, so that half sums are whole. */
const TABLE_BITS = [4, 6, 8]
/** Channels of a table whose entries are made in registers; the others are added to them. */
export const LOW_BITS = 4

/** Output positions that are computed together, and how: sums of `bits` channels at a time come out of a table. */
export interface Tile {
  readonly rows: number
  readonly columns: number
  /** Rows and columns of the image below a tile, border included; `pitch` bytes from row to row. */
  readonly inRows: number
  readonly pitch: number
  /** Where each vector starts, in bytes from the tile's first position. */
  readonly vectors: readonly number[]
  /** Sums of row r and column c are at r · sumPitch + c, counted over all vectors. */
  readonly sumPitch: number
  /** Bytes of one table entry: a partial sum for every position of the image below the tile. */
  readonly entry: number
  readonly bits: number
  /** Tables that are in memory at once; all channels take `sweeps` turns. */
  readonly tables: number
  readonly sweeps: number
  /** Sums are stored in units of 1, or of 2 where all of them are even, as bytes where they fit. */
  readonly unit: 1 | 2
  readonly sumBytes: 1 | 2
  /** Whether some tap falls outside the image. */
  readonly border: boolean
  /** Bytes of one byte of all positions' channels: vectors are stored past the last position. */
  readonly plane: number
  /** Where the parts of the scratch memory start, and its size. */
  readonly parts: Readonly<Record<'planes' | 'valid' | 'steps' | 'sums' | 'table' | 'end', number>>
}

/** Of a layer by tables: bits become codes, tables are made, looked up and added, and sums are stored. */
export const PARTS = ['planes', 'making', 'adding', 'storing'] as const

/** What an instruction of each part takes, and one of counting. */
export type Prices = Readonly<Record<'counting' | (typeof PARTS)[number], number>>

/** Tables within `room` bytes against counting. `turns` are the numbers of rows that are wanted at a time. */
export function weighTables(params: Params, turns: readonly number[], room: number, prices: Prices): Weighed<Tile> {
  const { images, groups, strideX, strideY, channels, filters } = params
  const taps = params.kernelHeight * params.kernelWidth
  const fits = images === 1 && groups === 1 && strideX === 1 && strideY === 1 && filters >= LANES
  const tiles = fits && channels * taps <= 32000 ? [...tilesOf(params)] : []
  return weigh(
    prices.counting * countingOf(params),
    tiles.filter(({ parts }) => parts.end <= room),
    tile => {
      const parts = partsOf(tile, params, turns)
      return PARTS.reduce((sum, part) => sum + prices[part] * parts[part], 0)
    },
  )
}

/** Three instructions for every 64 bits, as many again around them where there are few. */
export const countingOf = ({ kernelHeight, kernelWidth, words, outHeight, outWidth, filters }: Params): number =>
  outHeight * outWidth * filters * (4 * Math.ceil((kernelHeight * kernelWidth * words) / 2) + 8)

function* tilesOf(params: Params): Generator<Tile> {
  const widths = Array.from({ length: MOST_VECTORS }, (_, k) => Math.min(params.outWidth, (k + 1) * LANES))
  for (const columns of new Set(widths)) yield* tilesOfWidth(params, columns)
}

function* tilesOfWidth(params: Params, columns: number): Generator<Tile> {
  const { channels, kernelHeight, kernelWidth, outHeight, outRing, filters, words } = params
  const taps = kernelHeight * kernelWidth
  const pitch = columns + (kernelWidth - 1) * params.dilationX
  const border = !isInside(params)
  const unit = channels % 2 === 0 ? 2 : 1
  // A byte holds -128 to 127, and 127 is never reached, so that a threshold can be out of reach.
  const sumBytes = (taps * channels) / unit <= 126 ? 1 : 2
  for (let rows = 1; rows <= Math.min(16, outHeight, outRing); rows++) {
    const inRows = rows + (kernelHeight - 1) * params.dilationY
    const entry = Math.ceil((inRows * pitch) / LANES) * LANES
    const plane = entry + LANES
    for (const { vectors, sumPitch } of [rowStarts(rows, columns, pitch), evenStarts(rows, columns, pitch)]) {
      if (vectors.length > MOST_VECTORS) continue
      const reach = vectors.at(-1)! + LANES + (inRows - rows) * pitch + pitch - columns
      for (const bits of TABLE_BITS) {
        const all = Math.ceil(channels / bits)
        for (let tables = 1; tables <= Math.min(all, wordCodes(bits)); tables++) {
          const most = (taps * Math.min(tables * bits, channels)) / unit
          if (sumBytes === 2 && most > 127) break
          const planes = border ? align(entry) : 0
          const steps = planes + align(4 * words * plane)
          const sums = steps + 128
          const table = sums + align(filters * vectors.length * LANES * sumBytes)
          const end = table + align(((tables << bits) - 1) * entry + Math.max(entry, reach))
          const parts = { valid: 0, planes, steps, sums, table, end }
          const sweeps = Math.ceil(all / tables)
          const how = { bits, tables, sweeps, unit, sumBytes, border, plane, parts } as const
          yield { rows, columns, inRows, pitch, vectors, sumPitch, entry, ...how }
        }
      }
    }
  }
}

/** Codes that one word of 64 bits has, whatever bit of its first byte they start at. */
const wordCodes = (bits: number): number => (bits === 8 ? 8 : Math.floor(58 / bits))

const align = (bytes: number): number => Math.ceil(bytes / 64) * 64

/** Instructions of the whole layer. */
export function partsOf(tile: Tile, params: Params, turns: readonly number[]): Record<(typeof PARTS)[number], number> {
  const { filters, kernelHeight, kernelWidth, outWidth, words } = params
  const { rows, columns, entry, bits, tables, sweeps, vectors, sumBytes, inRows } = tile
  const taps = kernelHeight * kernelWidth
  const planes = inRows * (20 + (entry / inRows / LANES) * words * 40)
  const making = (entry / LANES) * ((bits > LOW_BITS ? 39 << (bits - LOW_BITS) : 16) + bits * 6 + 24) + bits * 8
  const lookups =
    taps * (tables > 1 ? 7 + tables * (2 * vectors.length + 6) : 2 * vectors.length + (bits === 8 ? 4 : 8))
  const adding = filters * (lookups + 8 + vectors.length * (sumBytes === 1 ? 2 : 8))
  const storing = filters * (12 + vectors.length * (sumBytes === 1 ? 4 : 8)) + (rows * columns * filters) / 3
  const tiles = turns.reduce((sum, wanted) => sum + Math.ceil(wanted / rows), 0) * Math.ceil(outWidth / columns)
  return {
    planes: tiles * planes,
    making: tiles * sweeps * tables * making,
    adding: tiles * sweeps * adding,
    storing: tiles * storing,
  }
}

/** Every row starts a vector. */
function rowStarts(rows: number, columns: number, pitch: number) {
  const perRow = Math.ceil(columns / LANES)
  const vectors = Array.from({ length: rows * perRow }, (_, k) => Math.floor(k / perRow) * pitch + LANES * (k % perRow))
  return { vectors, sumPitch: perRow * LANES }
}

/** Vectors go on across the border between rows: some lanes are of no use, but narrow rows need fewer. */
const evenStarts = (rows: number, columns: number, pitch: number) => ({
  vectors: Array.from({ length: Math.ceil(((rows - 1) * pitch + columns) / LANES) }, (_, k) => LANES * k),
  sumPitch: pitch,
})

/** The positions of row `row` of a tile: which lane of which vector has their sums. */
export const lanesOf = ({ columns, sumPitch }: Tile, row: number) =>
  Array.from({ length: columns }, (_, column) => {
    const at = row * sumPitch + column
    return { column, vector: Math.floor(at / LANES), lane: at % LANES }
  })
