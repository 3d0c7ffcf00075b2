import { WORD, wordsFor } from '../../../ir/bits.ts'
import type { WindowParams } from '../../../plan/kernels.ts'
import type { Call } from '../../../plan/plan.ts'
import { alongColumns, alongRows, staysInside } from '../../../plan/windows.ts'
import { clampInt, gatherTile, halfAt, makeTable } from '../functions/plain.ts'
import { constantOf } from '../isa/instruction-set.ts'
import { comment, linear, plus, sumText, times } from '../names.ts'
import { wrapped } from '../signature.ts'
import { blocksFor, lanesFor } from './arrange.ts'
import { type BufferParameter, body, type Layer, type Scope, storeText, type TablesLayer } from './layer.ts'
import { type Tile, UNIT, weighTables } from './tile.ts'
import { columnContext, columnOf, eachColumnOf, imageVariables, storedContext, windowContext } from './windows.ts'

type BinaryCall = Call<'binaryConv2d'>

/** Sums whose double, with a threshold just out of reach, fits 16 bits. */
const MOST_PRODUCTS = 16_000

/** The layer by tables, where that may be faster, and what was weighed. `weights`: their symbol, arranged for counting. */
export function tablesLayer(call: BinaryCall, weights: string, scope: Scope): Pick<Layer, 'tables' | 'strategies'> {
  const { tile, strategies } = weighTables(call.params, rowsAtOnce(call, scope))
  if (!tile) return { strategies }
  const tables = {
    ...body('c/kernels/tables.c', contextOf(call, tile, weights, scope)),
    name: `${scope.plan.name}_${call.name}_by_tables`,
    asksIsa: scope.sets.some(({ tables }) => !tables),
  }
  return { tables, strategies }
}

/** How a layer calls its tables, and when. */
export function tablesCall(tables: TablesLayer | undefined, parameters: readonly BufferParameter[], scope: Scope) {
  if (!tables) return { tablesCall: '', tablesIf: '' }
  const { sets, constants } = scope
  const takers = sets.filter(set => set.tables).map(set => `isa == ${constantOf(set)}`)
  const args = [...(constants.place === 'file' ? ['constants'] : []), ...parameters.map(({ name }) => name)]
  return {
    tablesIf: tables.asksIsa ? `if (${takers.join(' || ')})` : '',
    tablesCall: wrapped(`${tables.name}(`, [...args, 'first_row', 'end_row'], ');', '    '),
  }
}

/** Rows of results that one call computes: as a strip's producer what its consumer goes on by, else all. */
function rowsAtOnce(call: BinaryCall, { plan }: Scope): number {
  for (const step of plan.steps)
    if (step.kind === 'strip' && step.producer.name === call.name) return (step.consumer.params as WindowParams).strideY
  return call.params.outHeight
}

function contextOf(call: BinaryCall, tile: Tile, weights: string, scope: Scope) {
  const { params, store } = call
  const { channels, filters, kernelHeight, kernelWidth, outWidth, dilationX, dilationY } = params
  const { inHeight, inWidth, padTop, padLeft } = params
  const { rows, columns, pitch, positions, units, unitsInRow, sumPitch, bits, tables, wide } = tile
  const words = wordsFor(channels)
  const { yPitch, eachImageRow: _, clearsIf: __, ...window } = windowContext(params, call, filters, scope)
  const across = columnContext(params, scope)
  const downBorder = !staysInside(alongRows(params))
  const acrossBorder = !staysInside(alongColumns(params))
  const padded = downBorder || acrossBorder
  const tapsDown = downBorder ? '(ky_end - ky_first)' : `${kernelHeight}`
  const tapsAcross = acrossBorder ? `(${across.kxEnd} - ${across.kxFirst})` : `${kernelWidth}`
  const lanes = lanesFor(filters, scope.sets.length > 1)
  const taps = kernelHeight * kernelWidth
  const word = words === 1 ? '0' : 'word'
  const varies = words > 1 && channels % WORD !== 0
  const wordBits = varies ? 'bits' : `${Math.min(channels, WORD)}`
  const oneChunk = tables * bits >= Math.min(channels, WORD)
  const firstBit = oneChunk ? '0' : 'chunk'
  const most = channels * taps
  const thresholds =
    store.kind === 'threshold' && most <= MOST_PRODUCTS ? scope.constants.symbolOf(store.operands[0]!.buffer) : ''
  const tileColumn = columns === outWidth ? '0' : 'tile_column'
  const first = filters <= WORD ? '0' : 'first'
  const lane = first === '0' ? 'lane' : 'first + lane'
  const ky = kernelHeight === 1 ? '0' : 'ky'
  const kx = kernelWidth === 1 ? '0' : 'kx'
  const unitText = (index: string): string =>
    unitsInRow === units
      ? times(index, UNIT)
      : `${index} / ${unitsInRow} * ${pitch} + ${index} % ${unitsInRow} * ${UNIT}`
  const { use } = scope
  for (const fn of [makeTable, gatherTile, clampInt]) use(fn)
  if (thresholds ? padded : wide) use(halfAt)
  return {
    ...window,
    left: across.left,
    padded,
    downBorder,
    acrossBorder,
    offset: padded ? `${channels} * ${tapsDown} * ${tapsAcross}` : `${most}`,
    ...storedContext(call, filters, scope, first, columnOf(params)),
    comment: comment([
      `The same by tables of ${bits} bits: for ${rows} x ${columns} results at a time, the mismatches with every number are looked up.`,
    ]),
    positions,
    units,
    filters,
    channels,
    tables,
    tableBits: bits,
    mask: (1 << bits) - 1,
    wide,
    eachRows: `for (int tile_row = first_row; tile_row < end_row; tile_row += ${rows})`,
    eachColumns:
      tileColumn === '0' ? '' : `for (int tile_column = 0; tile_column < ${outWidth}; tile_column += ${columns})`,
    eachWord: words === 1 ? '' : `for (int word = 0; word < ${words}; word++)`,
    wordOfX: plus(word),
    tileTop: linear('tile_row', 1, -padTop),
    tileLeft: linear(tileColumn, 1, -padLeft),
    inHeight,
    inWidth,
    depth: words,
    tileHeight: rows + (kernelHeight - 1) * dilationY,
    pitch,
    varies,
    eachChunk: oneChunk ? '' : `for (int chunk = 0; chunk < ${wordBits}; chunk += ${tables * bits})`,
    firstBit,
    wordBits,
    weights: `${weights}${plus(times(word, lanes))}`,
    filterStart:
      blocksFor({ filters, groups: 1, lanes }) === 1
        ? 'filter'
        : `filter / ${lanes} * ${taps * words * lanes} + filter % ${lanes}`,
    eachTapRow: kernelHeight === 1 ? '' : `for (int ky = 0; ky < ${kernelHeight}; ky++)`,
    eachTap: kernelWidth === 1 ? '' : `for (int kx = 0; kx < ${kernelWidth}; kx++)`,
    tapWeights: tapText(ky, kx, kernelWidth * words * lanes, words * lanes),
    moves: taps > 1 || (unitsInRow !== units && unitsInRow * UNIT !== pitch),
    tapAt: tapText(ky, kx, dilationY * pitch, dilationX),
    unitAt: unitText('i'),
    wordAt: unitsInRow === units ? 'i' : `(${unitText('i / PER_UNIT')}) / (int)sizeof *row + i % PER_UNIT`,
    rowEnd: rows === 1 ? 'tile_row + 1' : `${use(clampInt)}(tile_row + ${rows}, 0, end_row)`,
    columnEnd:
      tileColumn === '0'
        ? ''
        : outWidth % columns === 0
          ? `tile_column + ${columns}`
          : `${use(clampInt)}(tile_column + ${columns}, 0, ${outWidth})`,
    tileColumns: tileColumn === '0' ? `${outWidth}` : `(column_end - ${tileColumn})`,
    eachColumn: eachColumnOf(params, tileColumn, tileColumn === '0' ? undefined : 'column_end'),
    eachFirst: first === '0' ? '' : `for (int first = 0; first < ${filters}; first += 32)`,
    position: `${times('(row - tile_row)', sumPitch)}${plus(columnOf(params))}${tileColumn === '0' ? '' : ' - tile_column'}`,
    thresholds,
    products: most,
    most: most + 1,
    words: yPitch / outWidth,
    wordAtColumn: sumText(times(columnOf(params), yPitch / outWidth), first === '0' ? '0' : 'first / 32'),
    clearedFrom: plus(times(tileColumn, wordsFor(filters))),
    laneCount:
      first === '0'
        ? `${filters}`
        : filters % WORD === 0
          ? `${WORD}`
          : `${use(clampInt)}(${filters} - first, 0, ${WORD})`,
    first,
    lane,
    sumType: 'int32_t',
    laneCapacity: Math.min(filters, WORD),
    countType: wide ? 'uint16_t' : 'uint8_t',
    mismatches: wide ? `((const uint16_t *)sums[${lane}])[half_at(at)]` : `((const uint8_t *)sums[${lane}])[at]`,
    sum: 'offset - 2 * mismatches[lane]',
    value: storeText(store, imageVariables(first, columnOf(params)), scope),
  }
}

const tapText = (ky: string, kx: string, rowStep: number, step: number): string =>
  sumText(times(ky, rowStep), times(kx, step))
