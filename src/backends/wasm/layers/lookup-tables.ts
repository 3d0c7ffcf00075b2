import { at, get, int, set, stepping, sum, times, wrapped } from '../text.ts'
import { type Lookup, parametersText } from './lookup.ts'
import { LOW_BITS } from './tiles.ts'

const shuffled = (a: string, b: string, lanes: readonly number[]): string =>
  `(i8x16.shuffle ${lanes.join(' ')} ${get(a)} ${get(b)})`

/** Bytes k and k + 1 of eight words, and the halves of two such vectors. */
const bytesFrom = (k: number) => Array.from({ length: 16 }, (_, i) => (i % 8) * 4 + k + (i >> 3))
const half = (k: number) => Array.from({ length: 16 }, (_, i) => (i % 8) + 8 * k + 16 * (i >> 3))

export function planesContext({ call, tile, scope, part, narrow }: Lookup, place: readonly string[]) {
  const { params, buffers, name } = call
  const { words, inWidth, inHeight, inRing, padTop, padLeft } = params
  const { inRows, pitch, entry, border, plane } = tile
  const column = narrow ? [get('column')] : []
  const iyRow = [...(params.outHeight > 1 ? [get('row')] : []), ...(inRows > 1 ? [get('r')] : [])]
  const row = sum(inRows > 1 ? times(get('r'), pitch) : [])
  const load = (v: number): string[] => {
    const from = 16 * words * v
    if (words === 1) return [set(`v${v}`, at('v128.load', [get('p')], from))]
    return [0, 1, 2, 3].map(lane =>
      lane === 0
        ? set(`v${v}`, at('v128.load32_zero', [get('p')], from))
        : set(`v${v}`, `(v128.load32_lane offset=${from + 4 * words * lane} ${lane} ${get('p')} ${get(`v${v}`)})`),
    )
  }
  const stored = (k: number, a: string, b: string, side: number) =>
    at('v128.store', [get('q')], part('planes') + k * plane, shuffled(a, b, half(side)))
  const limited = (local: string, value: number, other: number, choose: 'min' | 'max') =>
    narrow
      ? [
          set(local, `(i32.sub ${int(value)} ${get('column')})`),
          set(
            local,
            `(select ${get(local)} ${int(other)} (i32.${choose === 'min' ? 'lt' : 'gt'}_s ${get(local)} ${int(other)}))`,
          ),
        ]
      : [set(local, int(Math[choose](value, other)))]
  return {
    name,
    parameters: parametersText(place),
    valid: border ? part('valid') : 0,
    entry,
    // Positions of a row that lie inside the image.
    range: border
      ? [...limited('start', padLeft, 0, 'max'), ...limited('stop', inWidth + padLeft, pitch, 'min')]
      : [set('stop', int(pitch))],
    eachRow: inRows > 1 ? stepping('r', 'rows', 1, int(inRows)) : null,
    iy: sum(iyRow, -padTop),
    isInside: `(i32.and (i32.lt_u ${get('iy')} ${int(inHeight)}) (i32.lt_s ${get('start')} ${get('stop')}))`,
    row,
    to: sum([row, get('start')]),
    x: sum(
      [
        ...times(wrapped(get('iy'), inRing, inHeight), 4 * words * inWidth),
        ...times(sum([...column, get('start')]), 4 * words),
      ],
      scope.addressOf(buffers.x) - 4 * words * padLeft,
    ),
    step: 64 * words,
    eachWord:
      words > 1
        ? {
            open: '(loop $words',
            close: [
              set('q', sum([get('q'), int(4 * plane)])),
              `(br_if $words (i32.lt_u (local.tee $p ${sum([get('p'), int(4)])}) ${sum([get('x'), int(4 * words)])}))`,
              ')',
            ].join('\n'),
          }
        : null,
    loads: [0, 1, 2, 3].flatMap(load),
    transposed: [0, 2].flatMap(k => [
      set('a', shuffled('v0', 'v1', bytesFrom(k))),
      set('b', shuffled('v2', 'v3', bytesFrom(k))),
      stored(k, 'a', 'b', 0),
      stored(k + 1, 'a', 'b', 1),
    ]),
  }
}

export function tablesContext({ call, tile, part }: Lookup) {
  const { entry, bits, tables, sweeps, unit, border, plane } = tile
  const { channels } = call.params
  const digits = Array.from({ length: bits }, (_, i) => i)
  const hasTail = channels % (tables * bits * sweeps) !== 0
  const ones = `(v128.const i8x16 ${Array(16).fill(1).join(' ')})`
  const total = digits.map(i => get(`d${i}`)).reduce((a, b) => `(i8x16.add ${a} ${b})`)
  const high = digits.slice(LOW_BITS)
  return {
    name: call.name,
    bits,
    parameters: sweeps > 1 ? parametersText(['channel']) : '',
    channelLocal: sweeps > 1 ? '' : ' (local $channel i32)',
    table: part('table'),
    digits: digits.map(i => ({ i, tail: hasTail ? ` (local $x${i} v128)` : '' })),
    eachTable:
      tables > 1
        ? stepping('to', 'tables', entry << bits, int(part('table') + tables * (entry << bits)), int(part('table')))
        : null,
    planes: digits.flatMap(i => [
      set('c', sum([get('channel')], i)),
      set(`p${i}`, sum(times(`(i32.shr_u ${get('c')} ${int(3)})`, plane))),
      set(`m${i}`, `(i8x16.splat (i32.shl ${int(1)} (i32.and ${get('c')} ${int(7)})))`),
      ...(hasTail ? [set(`x${i}`, `(i8x16.splat (i32.sub ${int(0)} (i32.lt_u ${get('c')} ${int(channels)})))`)] : []),
    ]),
    eachPosition: entry > 16 ? stepping('k', 'positions', 16, int(entry)) : null,
    signs: [
      ...(border ? [set('valid', at('v128.load', [get('k')], part('valid')))] : []),
      ...digits.flatMap(i => [
        set('bytes', at('v128.load', [sum([get(`p${i}`), get('k')])], part('planes'))),
        set(`d${i}`, `(i8x16.eq (v128.const i32x4 0 0 0 0) (v128.and ${get('bytes')} ${get(`m${i}`)}))`),
        set(`d${i}`, `(v128.or ${ones} ${get(`d${i}`)})`),
        ...(border ? [set(`d${i}`, `(v128.and ${get('valid')} ${get(`d${i}`)})`)] : []),
        ...(hasTail ? [set(`d${i}`, `(v128.and ${get(`x${i}`)} ${get(`d${i}`)})`)] : []),
      ]),
    ],
    low: lowLines(total, digits, unit),
    high: high.map(i => {
      const back = digits.slice(LOW_BITS, i).map(k => get(`d${k}`))
      const turned = back.reduce((sum, each) => `(i8x16.sub ${sum} ${each})`, get(`d${i}`))
      return `(v128.store offset=${part('steps') + 16 * (i - LOW_BITS)} ${int(0)} ${turned})`
    }),
    steps: part('steps'),
    stores: Array.from({ length: 1 << LOW_BITS }, (_, code) =>
      at(
        'v128.store',
        [get('t')],
        code * entry,
        high.length > 0 ? `(i8x16.add ${get('h')} ${get(`e${code}`)})` : get(`e${code}`),
      ),
    ),
    lowBytes: entry << LOW_BITS,
    turns: 1 << (bits - LOW_BITS),
  }
}

/** The entries of the weights that differ in the low bits alone: all minus first, then each sign turned once. */
function lowLines(total: string, digits: readonly number[], unit: 1 | 2): string[] {
  const all = `(i8x16.neg ${total})`
  return [
    set('e0', unit === 2 ? `(i8x16.shr_s ${all} ${int(1)})` : all),
    ...(unit === 2 ? [] : digits.map(i => set(`d${i}`, `(i8x16.add ${get(`d${i}`)} ${get(`d${i}`)})`))),
    ...Array.from({ length: (1 << LOW_BITS) - 1 }, (_, k) => {
      const bit = Math.floor(Math.log2(k + 1))
      return set(`e${k + 1}`, `(i8x16.add ${get(`e${k + 1 - (1 << bit)}`)} ${get(`d${bit}`)})`)
    }),
  ]
}
