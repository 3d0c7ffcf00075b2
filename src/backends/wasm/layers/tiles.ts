import type { Kernels } from '../../../plan/kernels.ts'

const LANES = 16
/** Vectors of sums that one pass over the weights serves: with their wide halves all there are registers for. */
const MOST_VECTORS = 4
/** Offsets into the tables are 16 bits. */
const MOST_BYTES = 65536
/** Channels that one table covers. */
export const NIBBLE = 4

/** Output positions that are computed together: `rows` rows of `columns`, as bytes in a few vectors. */
export interface Tile {
  readonly rows: number
  readonly columns: number
  /** Rows and columns of the image below a tile, border included; `pitch` bytes from row to row. */
  readonly inRows: number
  readonly pitch: number
  /** Where each vector starts, in bytes from the tile's first position. */
  readonly vectors: readonly number[]
  /** Bytes of one table entry: a partial sum for every position of the image below the tile. */
  readonly entry: number
  readonly tables: number
}

/** The tile that costs least per row, or nothing where counting mismatches one position at a time is as fast. */
export function chooseTile(params: Kernels['binaryConv2d']['params']): Tile | undefined {
  const { images, groups, words, strideX, strideY, channels, kernelHeight, kernelWidth, outWidth, outHeight, filters } =
    params
  const fits = images === 1 && groups === 1 && strideX === 1 && strideY === 1 && filters >= 16
  const taps = kernelHeight * kernelWidth
  if (!fits || channels * taps > 32000) return undefined
  const tables = Math.ceil(channels / NIBBLE)
  const columns = Math.min(outWidth, MOST_VECTORS * LANES)
  const pitch = columns + (kernelWidth - 1) * params.dilationX
  let best: { tile: Tile; cost: number } | undefined
  for (let rows = 1; rows <= Math.min(8, outHeight, params.outRing); rows++) {
    const inRows = rows + (kernelHeight - 1) * params.dilationY
    const entry = Math.ceil((inRows * pitch) / LANES) * LANES
    for (const vectors of [rowStarts(rows, columns, pitch), evenStarts(rows, columns, pitch)]) {
      if (vectors.length > MOST_VECTORS || entry * 16 * tables > MOST_BYTES) continue
      const tiles = Math.ceil(outHeight / rows) * Math.ceil(outWidth / columns)
      // Instructions: an index, then a load and an addition per vector; the loop; tables are made once a tile.
      const cost = tiles * (filters * taps * tables * (4 + 2 * vectors.length) + (tables * entry * 40) / LANES)
      if (!best || cost < best.cost) best = { cost, tile: { rows, columns, inRows, pitch, vectors, entry, tables } }
    }
  }
  // Three instructions for every 64 bits, as many again around them where there are few.
  const counting = outHeight * outWidth * filters * (4 * Math.ceil((taps * words) / 2) + 8)
  return best && best.cost < counting ? best.tile : undefined
}

/** Every row starts a vector. */
const rowStarts = (rows: number, columns: number, pitch: number): number[] =>
  Array.from({ length: rows }, (_, row) =>
    Array.from({ length: Math.ceil(columns / LANES) }, (_, k) => row * pitch + LANES * k),
  ).flat()

/** Vectors go on across the border between rows: some lanes are of no use, but narrow rows need fewer. */
const evenStarts = (rows: number, columns: number, pitch: number): number[] =>
  Array.from({ length: Math.ceil(((rows - 1) * pitch + columns) / LANES) }, (_, k) => LANES * k)

/** Which lanes of a vector are positions of the result. */
export const lanesOf = ({ rows, columns, pitch, vectors }: Tile, vector: number) =>
  Array.from({ length: LANES }, (_, lane) => {
    const at = vectors[vector]! + lane
    return { lane, row: Math.floor(at / pitch), column: at % pitch, own: ownerOf(vectors, at) === vector }
  }).filter(({ row, column, own }) => own && row < rows && column < columns)

/** Vectors of short rows overlap the next row: the last one that starts at or before a position has it. */
const ownerOf = (vectors: readonly number[], at: number): number => vectors.findLastIndex(start => start <= at)
