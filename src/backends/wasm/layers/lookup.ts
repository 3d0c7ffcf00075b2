import type { Call } from '../../../plan/plan.ts'
import { templated } from '../../print/template.ts'
import type { Scope } from '../scope.ts'
import { at, get, int, set, sum, times, wrapped } from '../text.ts'
import { deferredContext } from './convolution.ts'
import { commentOf, type Layer } from './layer.ts'
import { BLOCK, clearTail, positionBytes, storeLocals } from './store.ts'
import { lanesOf, NIBBLE, type Tile } from './tiles.ts'

/** Partial sums of four channels are -4 to 4: so many of them fit into a byte. */
const UNTIL_WIDENED = 31

/**
 * A binary convolution by tables. For four channels there are only sixteen possible weights: their partial sums are
 * computed once for every position of a tile, and then looked up for every filter and tap, 16 positions at a time.
 * Outside the image and behind the last channel the partial sum is 0.
 */
export function lookupLayer(call: Call<'binaryConv2d'>, tile: Tile, scope: Scope): Layer {
  const { params, store, buffers, y } = call
  const { filters, channels, words, outWidth, outHeight, kernelHeight, kernelWidth } = params
  const { rows, columns, vectors, entry, tables, pitch, inRows } = tile
  const taps = kernelHeight * kernelWidth
  const thresholds = store.kind === 'threshold' ? store.operands[0]!.buffer : undefined
  const position = positionBytes(store, filters)
  const planes = scope.reserve((Math.ceil(tables / 2) + 1) * entry)
  const sums = thresholds ? 0 : scope.reserve(4 * rows * outWidth * filters)
  const offsets = scope.reserve(2 * filters * taps * tables)
  const table = scope.reserve(tables * 16 * entry + 64)
  const isWhole = params.inRing >= params.inHeight
  return {
    prepare: `$${call.name}.prepare`,
    ...templated('wasm/kernels/binary-lookup.wat', {
      name: call.name,
      comment: commentOf(call, `${kernelHeight}x${kernelWidth}x${channels} to ${filters}, by tables.`),
      tileRows: rows,
      columns,
      entry,
      tables,
      pitch,
      filters,
      kernelHeight,
      kernelWidth,
      inHeight: params.inHeight,
      inWidth: params.inWidth,
      padTop: params.padTop,
      padLeft: params.padLeft,
      dilationX: params.dilationX,
      entries: Array.from({ length: 16 }, (_, code) => code),
      digits: [0, 1, 2, 3],
      absent: [0, 1, 2, 3].slice(channels % NIBBLE || NIBBLE),
      lastColumns: outWidth - columns,
      bytes: Math.ceil(channels / 8),
      imageRow: isWhole ? get('iy') : wrapped(get('iy'), params.inRing, params.inHeight),
      inRowBytes: params.inWidth * words * 4,
      pixelBytes: words * 4,
      x: scope.addressOf(buffers.x),
      inRows,
      valid: planes,
      planes: planes + entry,
      table,
      tableBytes: 16 * entry,
      offsets,
      offsetBytes: 2 * taps * tables,
      chunkBytes: 2 * UNTIL_WIDENED,
      weights: scope.addressOf(buffers.weights),
      tapBytes: 4 * words,
      // Where a tap finds its position, in bytes from the tile's first.
      tapRow: params.dilationY * pitch,
      nibbles: nibbleLines(entry),
      tail: channels % NIBBLE,
      lastTable: tables - 1,
      accumulators: vectors.map((start, v) => ({
        v,
        add: set(`n${v}`, `(i8x16.add ${get(`n${v}`)} ${at('v128.load', [get('t')], table + start)})`),
      })),
      thresholds: thresholds ? scope.addressOf(thresholds) : 0,
      masks: vectors.map((_, v) => thresholdMask(v)),
      flush: thresholds ? flushLines(tile, call, scope.addressOf(y), position) : [],
      sumStores: thresholds ? [] : sumLines(tile, sums, outWidth, filters),
      locals: thresholds ? [] : storeLocals(store),
      deferred: thresholds
        ? null
        : {
            ...deferredContext(store, filters, sums, scope, outWidth, position),
            from: sum([...times(get('column'), 4 * filters), ...times(get('r'), 4 * outWidth * filters)], sums),
          },
      y: sum(times(wrapped(get('row'), params.outRing, outHeight), outWidth * position), scope.addressOf(y)),
      lastFilter: filters - 1,
    }),
  }
}

/** The sixteen entries of a table from the four channels' ±1: all minus first, then each sign turned once. */
function nibbleLines(entry: number): string[] {
  const lines = [
    set(
      'e0',
      '(i8x16.neg (i8x16.add (i8x16.add (local.get $d0) (local.get $d1)) (i8x16.add (local.get $d2) (local.get $d3))))',
    ),
  ]
  for (let bit = 0; bit < NIBBLE; bit++) lines.push(set(`d${bit}`, `(i8x16.add ${get(`d${bit}`)} ${get(`d${bit}`)})`))
  for (let code = 0; code < 16; code++) {
    const bit = Math.floor(Math.log2(code))
    if (code > 0) lines.push(set(`e${code}`, `(i8x16.add ${get(`e${code - (1 << bit)}`)} ${get(`d${bit}`)})`))
    lines.push(at('v128.store', [get('t')], code * entry, get(`e${code}`)))
  }
  return lines
}

/** A filter's bit at sixteen positions, in the bit of the byte that the filter has. */
const thresholdMask = (v: number): string =>
  set(
    `m${v}`,
    `(v128.or ${get(`m${v}`)} (v128.and ${get('bit')} (i8x16.narrow_i16x8_s (i16x8.ge_s ${get(`l${v}`)} ${get('threshold')}) (i16x8.ge_s ${get(`h${v}`)} ${get('threshold')}))))`,
  )

/** Stores the bytes of eight filters at every position of the tile. */
function flushLines(tile: Tile, call: Call<'binaryConv2d'>, y: number, position: number) {
  const { outRing, outHeight, outWidth, filters } = call.params
  return Array.from({ length: tile.rows }, (_, row) => ({
    inside: `(i32.lt_u ${sum([get('row')], row)} ${get('end')})`,
    address: sum(
      [
        ...times(wrapped(sum([get('row')], row), outRing, outHeight), outWidth * position),
        ...times(get('column'), position),
        `(i32.shr_u ${get('f')} ${int(3)})`,
      ],
      y,
    ),
    stores: tile.vectors.flatMap((_, v) =>
      lanesOf(tile, v)
        .filter(each => each.row === row)
        .map(
          ({ lane, column }) => `(v128.store8_lane offset=${column * position} ${lane} ${get('to')} ${get(`m${v}`)})`,
        ),
    ),
    clear: Array.from({ length: filters % 32 === 0 ? 0 : tile.columns }, (_, column) =>
      clearTail(call.store, filters, sum([get('to')], column * position - Math.floor((filters - 1) / BLOCK))),
    ).flat(),
  }))
}

/** Stores the sums of one filter as i32, [row][column][filter]. */
const sumLines = (tile: Tile, sums: number, outWidth: number, filters: number): string[] =>
  tile.vectors.flatMap((_, v) => {
    const lanes = lanesOf(tile, v)
    return [0, 1, 2, 3].flatMap(quarter => {
      const here = lanes.filter(({ lane }) => Math.floor(lane / 4) === quarter)
      if (here.length === 0) return []
      const half = quarter < 2 ? 'l' : 'h'
      const side = quarter % 2 === 0 ? 'low' : 'high'
      return [
        set('s0', `(i32x4.extend_${side}_i16x8_s ${get(`${half}${v}`)})`),
        ...here.map(
          ({ lane, row, column }) =>
            `(v128.store32_lane offset=${sums + 4 * filters * (row * outWidth + column)} ${lane % 4} ${get('to')} ${get('s0')})`,
        ),
      ]
    })
  })
