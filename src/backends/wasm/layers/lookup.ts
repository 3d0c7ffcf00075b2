import type { Call } from '../../../plan/plan.ts'
import { templated } from '../../print/template.ts'
import type { Scope } from '../scope.ts'
import { at, get, int, overlapping, set, stepping, sum, times } from '../text.ts'
import { commentOf, type Layer } from './layer.ts'
import { bitsContext, thresholdsOf, valuesContext } from './lookup-store.ts'
import { planesContext, tablesContext } from './lookup-tables.ts'
import type { Tile } from './tiles.ts'
import { parametersOf } from './windows.ts'

/** What the parts of a layer by tables share. */
export interface Lookup {
  readonly call: Call<'binaryConv2d'>
  readonly tile: Tile
  readonly scope: Scope
  /** Where a part of the scratch memory starts. */
  readonly part: (name: keyof Tile['parts']) => number
  /** Bytes of the sums of one filter. */
  readonly filterBytes: number
  /** Whether the tile is narrower than the image. */
  readonly narrow: boolean
}

/**
 * A binary convolution by tables. For `bits` channels there are only 2^bits possible weights: what each of them adds to
 * the sum is computed once for every position of a tile, and then looked up for every filter and tap, 16 positions at a
 * time. Outside the image and behind the last channel that is 0.
 */
export function lookupLayer(call: Call<'binaryConv2d'>, tile: Tile, scope: Scope): Layer {
  const { params, store, buffers } = call
  const { filters, channels, outWidth, kernelHeight, kernelWidth, words } = params
  const { rows, columns, sweeps, bits, tables } = tile
  const scratch = scope.scratchOf(call)
  const part = (name: keyof Tile['parts']): number => scratch + tile.parts[name]
  const filterBytes = tile.vectors.length * 16 * tile.sumBytes
  const lookup = { call, tile, scope, part, filterBytes, narrow: columns < outWidth }
  const isOnce = scope.turnsOf(call).every(wanted => wanted <= rows)
  const place = [...(params.outHeight > 1 ? ['row'] : []), ...(lookup.narrow ? ['column'] : [])]
  const passed = (names: readonly string[]) => names.map(name => ` ${get(name)}`).join('')
  scope.readUpTo(scope.addressOf(buffers.x) + 4 * buffers.x.length + 16 * 4 * words)
  return templated('wasm/kernels/binary-lookup.wat', {
    name: call.name,
    comment: commentOf(
      call,
      `${kernelHeight}x${kernelWidth}x${channels} to ${filters}, by tables of ${bits} channels.`,
    ),
    parameters: parametersOf(params),
    arguments: passed(place),
    storeArguments: passed([...place, ...(rows > 1 ? ['end'] : [])]),
    sweepArgument: sweeps > 1 ? passed(['channel']) : '',
    sums: part('sums'),
    sumsBytes: filterBytes * filters,
    eachRow: isOnce ? null : stepping('row', 'rows', rows, get('end'), get('row')),
    eachColumn: lookup.narrow ? overlapping(columns, outWidth) : null,
    eachSweep: sweeps > 1 ? stepping('channel', 'sweeps', tables * bits, int(channels)) : null,
    planes: planesContext(lookup, place),
    tables: tablesContext(lookup),
    add: addContext(lookup),
    bits: thresholdsOf(store) ? bitsContext(lookup, parametersText([...place, ...(rows > 1 ? ['end'] : [])])) : null,
    values: thresholdsOf(store) ? null : valuesContext(lookup),
  })
}

export const parametersText = (names: readonly string[]): string => names.map(name => ` (param $${name} i32)`).join('')

function addContext({ call, tile, scope, part, filterBytes }: Lookup) {
  const { params, buffers } = call
  const { kernelHeight, kernelWidth, dilationX, dilationY, words, filters } = params
  const { entry, bits, tables, sweeps, vectors, sumBytes, pitch } = tile
  const weights = scope.addressOf(buffers.weights)
  const isByte = bits === 8 && tables === 1
  const hasShift = sweeps > 1 && (tables * bits) % 8 !== 0
  const size = tables > 1 ? 'i64' : 'i32'
  const shiftBy = (text: string) => (hasShift ? `(${size}.shr_u ${text} ${get('shift')})` : text)
  const scale = Math.log2(entry)
  // A code that is cut out where its offset wants it needs no multiplication.
  const placed = tables > 1 && Number.isInteger(scale) && tables * bits + scale <= 64
  const line = kernelHeight > 1 ? get('line') : int(0)
  const from = kernelWidth > 1 ? get('at') : line
  const masked = (text: string, code: number) => `(i32.and ${text} ${int(code)})`
  const one = shiftBy(at(isByte ? 'i32.load8_u' : 'i32.load16_u', [get('w')]))
  const code =
    tables > 1
      ? masked(`(i32.wrap_i64 ${get('codes')})`, placed ? (2 ** bits - 1) * entry : 2 ** bits - 1)
      : isByte
        ? one
        : masked(one, 2 ** bits - 1)
  const word = shiftBy(at('i64.load', [get('w')]))
  const next = set('codes', `(i64.shr_u ${get('codes')} (i64.const ${bits}))`)
  const table = part('table')
  const tableBytes = entry << bits
  const n = (v: number) => get(`n${v}`)
  const wide = (v: number, side: 'low' | 'high') => {
    const offset = 32 * v + (side === 'low' ? 0 : 16)
    return [
      set('half', `(i16x8.add ${at('v128.load', [get('s')], offset)} (i16x8.extend_${side}_i8x16_s ${n(v)}))`),
      at('v128.store', [get('s')], offset, get('half')),
    ]
  }
  const indices = vectors.map((_, v) => v)
  return {
    name: call.name,
    parameters: sweeps > 1 ? parametersText(['channel']) : '',
    vectors: indices,
    size,
    start: [
      set('w', sweeps > 1 ? sum([`(i32.shr_u ${get('channel')} ${int(3)})`], weights) : int(weights)),
      ...(hasShift
        ? [
            set(
              'shift',
              size === 'i64'
                ? `(i64.extend_i32_u (i32.and ${get('channel')} ${int(7)}))`
                : `(i32.and ${get('channel')} ${int(7)})`,
            ),
          ]
        : []),
    ],
    sums: part('sums'),
    filterBytes,
    end: part('sums') + filterBytes * filters,
    load: indices.map(v =>
      set(`n${v}`, sumBytes === 1 ? at('v128.load', [get('s')], 16 * v) : '(v128.const i32x4 0 0 0 0)'),
    ),
    eachRow:
      kernelHeight > 1 ? stepping('line', 'vertical', dilationY * pitch, int(kernelHeight * dilationY * pitch)) : null,
    eachTap:
      kernelWidth > 1 ? stepping('at', 'horizontal', dilationX, sum([line], kernelWidth * dilationX), line) : null,
    codes: tables > 1 ? [set('codes', placed && scale > 0 ? `(i64.shl ${word} (i64.const ${scale}))` : word)] : [],
    eachTable:
      tables > 1 ? { ...stepping('p', 'tables', tableBytes, sum([from], tables * tableBytes), from, [next]) } : null,
    code: sum([tables > 1 ? get('p') : from, ...(placed ? [code] : times(code, entry))]),
    lookups: vectors.map((start, v) =>
      set(`n${v}`, `(i8x16.add ${n(v)} ${at('v128.load', [get('t')], table + start)})`),
    ),
    tapBytes: 4 * words,
    store: indices.flatMap(v =>
      sumBytes === 1 ? [at('v128.store', [get('s')], 16 * v, n(v))] : [...wide(v, 'low'), ...wide(v, 'high')],
    ),
  }
}
