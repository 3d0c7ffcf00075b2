import { render } from '../template.ts'

/** Functions that layers call, in an order in which each comes after those it calls itself. */
const PLAIN = [
  'first_tap',
  'end_tap',
  'clamp_int',
  'or_bits',
  'or_run',
  'max_f32',
  'min_f32',
  'max_i32',
  'min_i32',
  'abs_i32',
  'sign_f32',
  'bits_per_byte',
  'bits_per_nibble_4',
] as const

/** Functions made for a number of lanes, and for the type of x: `accumulate_u8_16`. */
const FOR_LANES = /\b(count_mismatches|accumulate_signs|accumulate)(_u8)?_(\d+)\(/g

/** Only the functions that these texts call, so that no compiler finds an unused one. */
export function functionsFor(texts: readonly string[]): string[] {
  const text = texts.join('\n')
  const lanes = [...new Map([...text.matchAll(FOR_LANES)].map(match => [match[0], match])).values()]
    .map(([called, name, suffix = '', count]) => ({ called, text: forLanes(name!, suffix, Number(count)) }))
    .sort((a, b) => (a.called < b.called ? -1 : 1))
    .map(each => each.text)
  const plain: string[] = []
  // Backwards, so that a function which only another one calls is found.
  for (const name of [...PLAIN].reverse())
    if ([text, ...lanes, ...plain].some(each => new RegExp(`\\b${name}\\(`).test(each)))
      plain.unshift(render(`c/functions/${name}.c`, {}))
  const vectors = lanes.some(each => each.includes('VECTORS')) ? [render('c/functions/vectors.c', {})] : []
  return [...vectors, ...plain, ...lanes]
}

function forLanes(name: string, suffix: string, lanes: number): string {
  const bytes = suffix === '_u8'
  const quads = Math.floor(lanes / 4)
  const context = {
    lanes,
    quads,
    firstLane: quads === 0 ? '0' : `VECTORS ? ${quads * 4} : 0`,
    suffix,
    xType: bytes ? 'uint8_t' : 'float',
    value: bytes ? '(float)x[k]' : 'x[k]',
  }
  return render(`c/functions/${name}.c`, context)
}
