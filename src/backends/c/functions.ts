import type { Isa } from '../backend.ts'
import { render } from '../template.ts'
import { signBitsFor } from './arrange.ts'
import { integerFunctionsFor } from './integer-functions.ts'
import { kernelsFor } from './pixel-kernels.ts'

/** Functions that layers call, in an order in which each comes after those it calls itself. */
const PLAIN = [
  'first_tap',
  'end_tap',
  'clamp_int',
  'or_bits',
  'or_run',
  'not_below_f32',
  'not_above_f32',
  'max_f32',
  'min_f32',
  'max_i32',
  'min_i32',
  'abs_i32',
  'add_i32',
  'sub_i32',
  'mul_i32',
  'neg_i32',
  'sign_f32',
  'int_f32',
  'int_i64',
  'bits_per_byte',
  'bits_per_nibble_4',
  'flips_of_4',
] as const

/** Functions made for a number of lanes, and for the type of x: `accumulate_u8_16`. */
const FOR_LANES = /\b(count_mismatches|accumulate_signs|accumulate|expand_signs)(_u8)?_(\d+)\(/g

/** The same for a block of pixels and all filters that are computed together: `count_mismatches_8x32`. */
const FOR_PIXELS = /\b(count_mismatches|accumulate_signs|accumulate)(_u8)?_(\d+)x(\d+)\(/g

/** Comparisons of a block of sums with thresholds: `reach_i32_8x32`. */
const FOR_REACH = /\breach_(i32|f32)_(\d+)x(\d+)\(/g

/** Sums of a pixel take whole vectors of 16. */
export const sumPitchOf = (width: number): number => Math.ceil(width / 16) * 16

/** Channels whose signs are floats at a time: with 32 filters 4 KB of stack. */
const EXPANDED = 32

/** Only the functions that these texts call, so that no compiler finds an unused one. */
export function functionsFor(texts: readonly string[], isas: readonly Isa[]): string[] {
  const called = texts.join('\n')
  const pixels = [...new Map([...called.matchAll(FOR_PIXELS)].map(match => [match[0], match])).values()]
    .sort((a, b) => (a[0] < b[0] ? -1 : 1))
    .map(([, name, suffix = '', count, width]) => pixelsContext(name!, suffix, Number(count), Number(width), isas))
  const blocks = pixels.map(context => render('c/functions/pixels.c', context))
  const reaches = [...new Map([...called.matchAll(FOR_REACH)].map(match => [match[0], match])).values()]
    .sort((a, b) => (a[0] < b[0] ? -1 : 1))
    .map(([, type, count, width]) => printReach(type!, Number(count), Number(width), isas))
  const integers = integerFunctionsFor(called, isas)
  const text = [called, ...blocks, ...reaches, ...integers].join('\n')
  const kernels = [...new Set(pixels.flatMap(each => each.kernels.map(({ text }) => text)))]
  const lanes = [...new Map([...text.matchAll(FOR_LANES)].map(match => [match[0], match])).values()]
    .map(([called, name, suffix = '', count]) => ({ called, text: forLanes(name!, suffix, Number(count)) }))
    .sort((a, b) => (a.called < b.called ? -1 : 1))
    .map(each => each.text)
  const plain: string[] = []
  // Backwards, so that a function which only another one calls is found.
  for (const name of [...PLAIN].reverse())
    if ([text, ...lanes, ...plain].some(each => new RegExp(`\\b${name}[([]`).test(each)))
      plain.unshift(render(`c/functions/${name}.c`, {}))
  const vectors = lanes.some(each => each.includes('VECTORS')) ? [render('c/functions/vectors.c', {})] : []
  return [...vectors, ...plain, ...lanes, ...kernels, ...blocks, ...reaches, ...integers]
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
    weightType: `uint${signBitsFor(lanes)}_t`,
    value: bytes ? '(float)x[k]' : 'x[k]',
  }
  return render(`c/functions/${name}.c`, context)
}

/** What the function for a block of pixels says: it picks the kernel of an instruction set, or goes pixel by pixel. */
function pixelsContext(name: string, suffix: string, pixels: number, width: number, isas: readonly Isa[]) {
  const signs = name === 'accumulate_signs'
  const paired = width === 32 && !signs
  const lanes = paired ? 16 : width
  const bits = name === 'count_mismatches'
  const expands = signs && pixels > 1
  const sumPitch = sumPitchOf(width)
  const weightType = signs ? `uint${signBitsFor(width)}_t` : bits ? 'uint32_t' : 'float'
  return {
    name: `${name}${suffix}_${pixels}x${width}`,
    what: bits
      ? 'the bits that differ from those of the weights'
      : signs
        ? 'what the bits of the weights say to add or subtract'
        : 'products with the weights',
    // Signs that several pixels multiply with are made floats once.
    expands,
    run: EXPANDED,
    one: `${expands ? 'accumulate' : name}${suffix}_${lanes}`,
    pixels,
    width,
    lanes,
    paired,
    sumPitch,
    xType: bits ? 'uint32_t' : suffix ? 'uint8_t' : 'float',
    weightType,
    sumType: bits ? 'int32_t' : 'float',
    // Bytes are left to the compiler.
    kernels: suffix ? [] : kernelsFor({ name, pixels, width, lanes, paired, sumPitch, weightType }, isas),
  }
}

/** The sums of a float convolution are compared as they are, those of a binary one as offset - 2 · mismatches. */
function printReach(type: string, pixels: number, width: number, isas: readonly Isa[]): string {
  const counts = type === 'i32'
  return render('c/functions/reach.c', {
    name: `reach_${type}_${pixels}x${width}`,
    sumType: counts ? 'int32_t' : 'float',
    sumPitch: sumPitchOf(width),
    counts,
    offsetParameter: counts ? 'const int32_t *offsets, ' : '',
    offsetArgument: counts ? 'offsets, ' : '',
    value: counts ? 'offsets[p] - 2 * sums[lane]' : 'sums[lane]',
    avx512: isas.includes('avx512'),
    avx2: isas.includes('avx2'),
    sse4: isas.includes('sse4') && width % 4 === 0,
    width,
    quarters: width / 4,
    eighths: Math.ceil(width / 8),
    sixteenths: Math.ceil(width / 16),
  })
}
