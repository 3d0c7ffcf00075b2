import type { Store } from '../../../plan/kernels.ts'
import { at, get, int, set, stepping, sum, times, wrapped } from '../text.ts'
import type { Lookup } from './lookup.ts'
import { BLOCK, blocksOf, clearTail, positionBytes, setPointers, storeBlock, storeLocals } from './store.ts'
import { lanesOf } from './tiles.ts'

/** The thresholds of `sum >= threshold`, if that is all the store does. */
export function thresholdsOf({ kind, operands: [limit] }: Store): Int32Array | undefined {
  if (kind !== 'threshold' || limit?.buffer.place.kind !== 'constant') return undefined
  return limit.buffer.place.data as Int32Array
}

/** Thresholds of sums as they are kept; what no sum reaches stays out of reach. */
function limitsOf(data: Int32Array, { unit, sumBytes }: Lookup['tile'], filters: number) {
  const [low, high] = sumBytes === 1 ? [-128, 127] : [-32768, 32767]
  const limits = Array.from({ length: filters }, (_, f) => Math.min(high, Math.max(low, Math.ceil(data[f]! / unit))))
  return sumBytes === 1 ? Int8Array.from(limits) : Int16Array.from(limits)
}

export function bitsContext({ call, tile, scope, part, filterBytes, narrow }: Lookup, parameters: string) {
  const { params, store, y, name } = call
  const { filters, outRing, outHeight, outWidth } = params
  const { vectors, sumBytes, rows } = tile
  const position = positionBytes(store, filters)
  const limits = scope.place(`${name}_limits`, limitsOf(thresholdsOf(store)!, tile, filters))
  const shape = sumBytes === 1 ? 'i8x16' : 'i16x8'
  const reached = (v: number): string => {
    const load = (offset: number) => at('v128.load', [get('s')], 16 * sumBytes * v + offset)
    const compare = (offset: number) => `(${shape}.ge_s ${load(offset)} ${get('threshold')})`
    return sumBytes === 1 ? compare(0) : `(i8x16.narrow_i16x8_s ${compare(0)} ${compare(16)})`
  }
  const indices = vectors.map((_, v) => v)
  const rowAt = (row: number) => sum(outHeight > 1 ? [get('row'), ...(row > 0 ? [int(row)] : [])] : [])
  return {
    name,
    parameters,
    vectors: indices,
    sums: part('sums'),
    // Words may have bytes behind the last filter.
    ifAny:
      filters > BLOCK * (position - 1)
        ? null
        : { open: `(if (i32.lt_u ${get('f')} ${int(filters)}) (then`, close: '))' },
    threshold: at(sumBytes === 1 ? 'v128.load8_splat' : 'v128.load16_splat', times(get('f'), sumBytes), limits),
    masks: indices.flatMap(v => [
      set('reached', reached(v)),
      set(`m${v}`, `(v128.or ${get(`m${v}`)} (v128.and ${get('bit')} ${get('reached')}))`),
    ]),
    filterBytes,
    isMore:
      filters % BLOCK === 0
        ? `(i32.and ${get('f')} ${int(BLOCK - 1)})`
        : `(i32.and (i32.ne ${int(0)} (i32.and ${get('f')} ${int(BLOCK - 1)})) (i32.lt_u ${get('f')} ${int(filters)}))`,
    rows: Array.from({ length: rows }, (_, row) => ({
      inside: row === 0 ? null : { open: `(if (i32.lt_u ${rowAt(row)} ${get('end')}) (then`, close: '))' },
      address: sum(
        [
          ...times(wrapped(rowAt(row), outRing, outHeight), outWidth * position),
          ...(narrow ? times(get('column'), position) : []),
          get('byte'),
        ],
        scope.addressOf(y),
      ),
      stores: lanesOf(tile, row).map(
        ({ lane, vector, column }) =>
          `(v128.store8_lane offset=${column * position} ${lane} ${get('to')} ${get(`m${vector}`)})`,
      ),
    })),
    position,
  }
}

export function valuesContext({ call, tile, scope, part, filterBytes, narrow }: Lookup) {
  const { params, store, y, name } = call
  const { filters, outRing, outHeight, outWidth } = params
  const { rows, columns, sumPitch, sumBytes, unit } = tile
  const position = positionBytes(store, filters)
  const row = outHeight > 1 ? get('row') : int(0)
  const column = columns > 1 ? get('k') : int(0)
  const isMore = `(i32.lt_u (local.tee $row ${sum([get('row'), int(1)])}) ${get('end')})`
  const counted = `(i32.lt_u (local.tee $r ${sum([get('r'), int(1)])}) ${int(rows)})`
  const eachRow = { open: '(loop $rows', close: `(br_if $rows (i32.and ${isMore} ${counted}))\n)` }
  const extend = (side: 'low' | 'high', halves: string) => {
    const wide = `(i32x4.extend_${side}_i16x8_s ${halves})`
    return unit === 1 ? wide : `(i32x4.shl ${wide} ${int(1)})`
  }
  return {
    name,
    parameters: [
      ...(outHeight > 1 ? [' (param $row i32)'] : []),
      ...(narrow ? [' (param $first i32)'] : []),
      ...(rows > 1 ? [' (param $end i32)'] : []),
    ].join(''),
    locals: storeLocals(store),
    eachRow: rows > 1 ? eachRow : null,
    y: sum(times(wrapped(row, outRing, outHeight), outWidth * position), scope.addressOf(y)),
    eachColumn: columns > 1 ? stepping('k', 'columns', 1, int(columns)) : null,
    column: narrow ? sum([get('first'), column]) : column,
    from: sum(
      times(sum([...(rows > 1 ? times(get('r'), sumPitch) : []), ...(columns > 1 ? [column] : [])]), sumBytes),
      part('sums'),
    ),
    to: sum([get('y'), ...times(get('column'), position)]),
    pointers: setPointers(store, [row, get('column')]),
    blocks: blocksOf(filters).map(block => ({
      first: block.first,
      loop: block.loop,
      of: sum([get('from'), ...times(get('c'), filterBytes)]),
      loads: [
        ...Array.from({ length: block.count }, (_, lane) =>
          set('s', `(v128.load${8 * sumBytes}_lane offset=${lane * filterBytes} ${lane} ${get('of')} ${get('s')})`),
        ),
        ...(sumBytes === 1 ? [set('s', `(i16x8.extend_low_i8x16_s ${get('s')})`)] : []),
        ...block.vectors.map(v => set(`s${v}`, extend(v === 0 ? 'low' : 'high', get('s')))),
      ],
      store: storeBlock(store, block, [get('s0'), get('s1')], scope, get('to')),
    })),
    clear: clearTail(store, filters, get('to')),
  }
}
