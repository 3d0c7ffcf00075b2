import { templated } from '../../print/template.ts'
import type { Block, ProductBlock, ReachBlock } from '../functions/blocks.ts'
import { orBits } from '../functions/plain.ts'
import { doubtParameters, productParameters } from '../functions/products.ts'
import { reachParameters, reachTexts } from '../functions/reach.ts'
import { parametersOf } from '../functions/sums.ts'
import { x86 } from './architecture.ts'
import { byteCounts } from './byte-counts.ts'
import { guarded, withoutLanes } from './guarded.ts'
import type { InstructionSet, Variant } from './instruction-set.ts'

/** The level x86-64-v2. Only whole vectors: the portable code does as well for others. */
export const sse4: InstructionSet = {
  isa: 'sse4',
  architecture: x86,
  features: ['sse4.2', 'popcnt'],
  floats: {
    type: '__m128',
    load: '_mm_loadu_ps',
    splat: '_mm_set1_ps',
    store: '_mm_storeu_ps',
    lanes: 4,
    totals: 8,
    multiplyAdd: (x, weight, total) => `_mm_add_ps(_mm_mul_ps(${x}, ${weight}), ${total})`,
  },
  tables: true,
  sums: block => (block.sum === 'count_mismatches' ? counts(block) : accumulate(block)),
  products,
  reach,
  doubt,
}

const counts = (block: Block): Variant | undefined =>
  byteCounts(sse4, block, { together: 1, vector: '__m128i', mm: '_mm', si: 'si128', lanes: 4, table: 'bits' })

function accumulate(block: Block): Variant | undefined {
  const { sum, xType, pixels, width, lanes, paired, sumPitch } = block
  if (sum !== 'accumulate' || xType === 'uint8_t' || lanes !== 16) return undefined
  const name = `accumulate_sse4_${pixels}x${width}`
  const what = `A pixel by ${width} filters: a number of x times 4 weights, a multiplication and an addition each.`
  const many = pixels > 1
  const context = {
    ...guarded(sse4, name, parametersOf(block), what),
    quads: width / 4,
    eachPixel: many ? 'for (int p = from; p < to; p++)' : '',
    pixelStart: many ? 'x + start + p * pitch' : 'x + start',
    pixelSums: many ? `sums + p * ${sumPitch}` : 'sums',
    weightsAt: paired ? 'v / 4 * next_block + v % 4 * 4' : 'v * 4',
  }
  return { fn: { name, ...templated('c/isa/sse4/accumulate.c', context), needs: [] } }
}

function products(block: ProductBlock): Variant {
  const { pixels, width } = block
  const name = `add_products_sse4_${pixels}x${width}`
  const what = `A pixel by ${width} filters: a pair of x times 4 pairs of weights.`
  const context = {
    ...guarded(sse4, name, productParameters(block), what),
    vectors: width / 4,
    eachPixel: pixels > 1 ? `for (int p = 0; p < pixels; p++, x += pitch, sums += ${width})` : '',
    pairedWeights: width * 2,
  }
  return { fn: { name, ...templated('c/isa/sse4/products.c', context), needs: [] } }
}

function reach(block: ReachBlock): Variant | undefined {
  const { sums, pixels, width } = block
  if (width % 4 !== 0) return undefined
  const name = `reach_${sums}_sse4_${pixels}x${width}`
  const { offset, ...texts } = reachTexts(block)
  const several = width > 4
  const at = several ? ' + v * 4' : ''
  const sum = `_mm_loadu_si128((const __m128i *)(sums${at}))`
  const context = {
    ...guarded(sse4, name, withoutLanes(reachParameters(block)), 'Compares 4 sums at a time.'),
    ...texts,
    floats: sums === 'f32',
    eachVector: several ? `for (int v = 0; v < ${width / 4}; v++)` : '',
    at,
    shift: several ? ' << (v * 4)' : '',
    sum: sums === 'counts' ? `_mm_sub_epi32(_mm_set1_epi32(${offset}), _mm_slli_epi32(${sum}, 1))` : sum,
  }
  return { fn: { name, ...templated('c/isa/sse4/reach.c', context), needs: [orBits] }, whole: true }
}

function doubt(block: ProductBlock): Variant {
  const { pixels, width } = block
  const name = `in_doubt_sse4_${pixels}x${width}`
  const context = {
    ...guarded(sse4, name, withoutLanes(doubtParameters(block)), 'Compares 4 sums at a time.', 'int'),
    vectors: width / 4,
    eachPixel: pixels > 1 ? 'for (int p = 0; p < pixels; p++)' : '',
    pixelSums: pixels > 1 ? `sums + p * ${width}` : 'sums',
  }
  return { fn: { name, ...templated('c/isa/sse4/doubt.c', context), needs: [] }, whole: true }
}
