import type { GeneratedFunction } from '../../module.ts'
import { templated } from '../../print/template.ts'
import type { Block, ProductBlock, ReachBlock } from '../functions/blocks.ts'
import { orBits } from '../functions/plain.ts'
import { doubtParameters, productParameters } from '../functions/products.ts'
import { reachParameters, reachTexts } from '../functions/reach.ts'
import { parametersOf } from '../functions/sums.ts'
import { x86 } from './architecture.ts'
import { guarded } from './guarded.ts'
import type { InstructionSet, Variant } from './instruction-set.ts'

/** With a popcount of words and products of 16 bits, as Ice Lake and Zen 4 have it. */
export const avx512: InstructionSet = {
  isa: 'avx512',
  architecture: x86,
  features: ['avx512f', 'avx512bw', 'avx512dq', 'avx512vl', 'avx512vpopcntdq', 'avx512vnni', 'avx2', 'fma', 'popcnt'],
  floats: {
    type: '__m512',
    load: '_mm512_loadu_ps',
    splat: '_mm512_set1_ps',
    store: '_mm512_storeu_ps',
    lanes: 16,
    totals: 16,
    multiplyAdd: (x, weight, total) => `ADD_PRODUCT(_mm512, ${x}, ${weight}, ${total})`,
  },
  tables: false,
  sums,
  products,
  reach,
  doubt,
}

/** Filters that one vector has: 16, or the last few of a float layer, where many chips split a vector of 16. */
interface Lanes {
  readonly lanes: number
  readonly type: string
  readonly prefix: string
}

const words: Lanes = { lanes: 16, type: '__m512i', prefix: '_mm512' }
const floats: readonly Lanes[] = [
  { lanes: 4, type: '__m128', prefix: '_mm' },
  { lanes: 8, type: '__m256', prefix: '_mm256' },
  { lanes: 16, type: '__m512', prefix: '_mm512' },
]

/** ` + 16`; nothing for 0. */
const plus = (offset: number | string): string => (offset === 0 ? '' : ` + ${offset}`)

const maskOf = (lanes: number, bits: number): string => `(__mmask${bits})0x${((1 << lanes) - 1).toString(16)}`

const vectorsOf = (width: number): number[] => Array.from({ length: Math.ceil(width / 16) }, (_, v) => v)

function sums(block: Block): Variant | undefined {
  const { sum, xType, pixels, width, sumPitch } = block
  // Bytes are left to the compiler.
  if (xType === 'uint8_t') return undefined
  const counts = sum === 'count_mismatches'
  const many = pixels > 1
  const name = `${sum}_avx512_${pixels}x${width}`
  const vectors = vectorsOf(width).map(v => {
    const used = Math.min(16, width - v * 16)
    const { type, prefix } = counts ? words : floats.find(({ lanes }) => used <= lanes)!
    const suffix = counts ? 'si512' : 'ps'
    return {
      v,
      type,
      prefix,
      at: plus(v * 16),
      zero: `${prefix}_setzero_${suffix}`,
      load: `${prefix}_loadu_${suffix}`,
      store: `${prefix}_storeu_${suffix}`,
      weights: sum === 'accumulate_signs' ? signsText(v, prefix, used) : weightsText(block, v, prefix, used),
    }
  })
  const what = counts
    ? 'a word of x against words of weights, a popcount each'
    : `a number of x times a vector of ${sum === 'accumulate_signs' ? 'bits that stand for +1 and -1' : 'weights'}, a multiply-add each`
  const context = {
    ...guarded(avx512, name, parametersOf(block), `${pixelsText(pixels)} by ${width} filters: ${what}.`),
    xType,
    pixels,
    many,
    counts,
    vectors,
    pixelStart: many ? 'x + start + (p < from ? from : p < to ? p : to - 1) * pitch' : 'x + start',
    pixelSums: many ? `sums + p * ${sumPitch}` : 'sums',
    ifInside: many ? 'if (p >= from && p < to)' : '',
  }
  return { fn: { name, ...templated('c/isa/avx512/sums.c', context), needs: [] } }
}

const pixelsText = (pixels: number): string => (pixels > 1 ? `${pixels} pixels` : 'A pixel')

/** A vector of weights for element k. */
function weightsText({ sum, lanes, paired }: Block, v: number, prefix: string, used: number): string {
  const from = `weights + k * ${lanes}${v === 0 ? '' : plus(paired ? 'next_block' : v * 16)}`
  const isWhole = used === 16 || (sum === 'accumulate' && (used === 4 || used === 8))
  if (sum === 'count_mismatches')
    return isWhole ? `_mm512_loadu_si512(${from})` : `_mm512_maskz_loadu_epi32(${maskOf(used, 16)}, ${from})`
  return isWhole
    ? `${prefix}_loadu_ps(${from})`
    : `${prefix}_maskz_loadu_ps(${maskOf(used, used > 8 ? 16 : 8)}, ${from})`
}

const signsText = (v: number, prefix: string, used: number): string =>
  `${prefix}_mask_blend_ps((__mmask${used > 8 ? 16 : 8})${v === 0 ? 'weights[k]' : `(weights[k] >> ${v * 16})`}, ` +
  `${prefix}_set1_ps(-1.0f), ${prefix}_set1_ps(1.0f))`

function products(block: ProductBlock): Variant {
  const { pixels, width } = block
  const many = pixels > 1
  const name = `add_products_avx512_${pixels}x${width}`
  const what = `${pixelsText(pixels)} by ${width} filters: a pair of x times 16 pairs of weights, both products added.`
  const context = {
    ...guarded(avx512, name, productParameters(block), what),
    pixels,
    many,
    pairedWeights: width * 2,
    vectors: vectorsOf(width).map(v => ({ v, at: plus(v * 16), weightsAt: plus(v * 32) })),
    pixelStart: many ? 'x + (p < pixels ? p : pixels - 1) * pitch' : 'x',
    pixelSums: many ? `sums + p * ${width}` : 'sums',
  }
  return { fn: { name, ...templated('c/isa/avx512/products.c', context), needs: [] } }
}

const firstLanes: GeneratedFunction = {
  name: 'first_lanes',
  ...templated('c/isa/avx512/first_lanes.c', {}),
  needs: [],
}

/** The lanes of vector v that have a filter. */
const insideText = (v: number): string => `(__mmask16)first_lanes(${v === 0 ? 'lanes' : `lanes - ${v * 16}`})`

function reach(block: ReachBlock): Variant {
  const { sums, pixels, width } = block
  const name = `reach_${sums}_avx512_${pixels}x${width}`
  const vectors = vectorsOf(width).map(v => {
    return {
      v,
      at: plus(v * 16),
      shift: v === 0 ? '' : ` << ${v * 16}`,
      inside: insideText(v),
    }
  })
  const context = {
    ...guarded(avx512, name, reachParameters(block), 'Compares 16 sums at a time.'),
    ...reachTexts(block),
    floats: sums === 'f32',
    counts: sums === 'counts',
    vectors,
  }
  return { fn: { name, ...templated('c/isa/avx512/reach.c', context), needs: [firstLanes, orBits] } }
}

function doubt(block: ProductBlock): Variant {
  const { pixels, width } = block
  const name = `in_doubt_avx512_${pixels}x${width}`
  const context = {
    ...guarded(avx512, name, doubtParameters(block), 'Compares 16 sums at a time.', 'int'),
    eachPixel: pixels > 1 ? `for (int p = 0; p < pixels; p++, sums += ${width})` : '',
    vectors: vectorsOf(width).map(v => ({ v, at: plus(v * 16), inside: insideText(v) })),
  }
  return { fn: { name, ...templated('c/isa/avx512/doubt.c', context), needs: [firstLanes] } }
}
