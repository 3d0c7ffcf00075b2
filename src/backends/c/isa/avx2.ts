import { templated } from '../../print/template.ts'
import type { Block, ProductBlock, ReachBlock } from '../functions/blocks.ts'
import { orBits } from '../functions/plain.ts'
import { doubtParameters, productParameters } from '../functions/products.ts'
import { reachParameters, reachTexts } from '../functions/reach.ts'
import { parametersOf } from '../functions/sums.ts'
import { x86 } from './architecture.ts'
import { byteCounts } from './byte-counts.ts'
import { guarded } from './guarded.ts'
import type { InstructionSet, Variant } from './instruction-set.ts'

export const avx2: InstructionSet = {
  isa: 'avx2',
  architecture: x86,
  features: ['avx2', 'fma', 'popcnt'],
  floats: {
    type: '__m256',
    load: '_mm256_loadu_ps',
    splat: '_mm256_set1_ps',
    store: '_mm256_storeu_ps',
    lanes: 8,
    totals: 8,
    multiplyAdd: (x, weight, total) => `ADD_PRODUCT(_mm256, ${x}, ${weight}, ${total})`,
  },
  tables: false,
  sums: block => (block.sum === 'count_mismatches' ? counts(block) : accumulate(block)),
  products,
  reach,
  doubt,
}

/** Pixels that share a load of weights, with two vectors each: eight sums in registers. */
const TOGETHER = 4

const counts = (block: Block): Variant | undefined =>
  byteCounts(avx2, block, {
    together: 2,
    vector: '__m256i',
    mm: '_mm256',
    si: 'si256',
    lanes: 8,
    table: '_mm256_broadcastsi128_si256(bits)',
  })

/** What templates say of a few pixels of a block at a time, each with vectors of 16 filters. */
function pixelTexts(pixels: number, width: number, sumPitch: number, [from, to]: readonly [string, string]) {
  const many = pixels > 1
  const severalVectors = width > 16
  return {
    many,
    together: many ? TOGETHER : 1,
    eachVector: severalVectors ? `for (int v = 0; v < ${Math.ceil(width / 16)}; v++)` : '',
    vectorSums: severalVectors ? ' + v * 16' : '',
    eachPixel: many ? `for (int p = ${from}; p < ${to}; p += ${TOGETHER})` : '',
    insideSums: many ? `sums + inside * ${sumPitch}` : 'sums',
    pixelSums: many ? `sums + (p + q) * ${sumPitch}` : 'sums',
    ifInside: many ? `if (p + q < ${to})` : '',
  }
}

const pixelsText = (pixels: number): string => (pixels > 1 ? 'Four pixels' : 'A pixel')

function accumulate(block: Block): Variant | undefined {
  const { sum, xType, weightType, pixels, width, lanes, paired, sumPitch } = block
  // Bytes are left to the compiler.
  if (xType === 'uint8_t') return undefined
  const signs = sum === 'accumulate_signs'
  const name = `${sum}_avx2_${pixels}x${width}`
  const what = signs
    ? 'a number of x times 8 bits that stand for +1 and -1'
    : 'a number of x times 8 weights, a multiply-add each'
  const begin = {
    ...guarded(avx2, name, parametersOf(block), `${pixelsText(pixels)} by 16 filters at a time: ${what}.`),
    ...pixelTexts(pixels, width, sumPitch, ['from', 'to']),
    weightType,
    insideStart: pixels > 1 ? 'x + start + inside * pitch' : 'x + start',
  }
  if (signs) {
    const context = { ...begin, vectorWeights: '', word: width > 16 ? '(w[k] >> (v * 16))' : 'w[k]' }
    return { fn: { name, ...templated('c/isa/avx2/accumulate_signs.c', context), needs: [] } }
  }
  const context = {
    ...begin,
    masked: lanes !== 16,
    lanes,
    left: width > 16 ? `${lanes} - v * 16` : lanes,
    vectorWeights: width <= 16 ? '' : paired ? ' + v * next_block' : ' + v * 16',
  }
  return { fn: { name, ...templated('c/isa/avx2/accumulate.c', context), needs: [] } }
}

function products(block: ProductBlock): Variant {
  const { pixels, width } = block
  const name = `add_products_avx2_${pixels}x${width}`
  const what = `${pixelsText(pixels)} by 16 filters at a time: a pair of x times 8 pairs of weights.`
  const context = {
    ...guarded(avx2, name, productParameters(block), what),
    ...pixelTexts(pixels, width, width, ['0', 'pixels']),
    insideStart: pixels > 1 ? 'x + inside * pitch' : 'x',
    vectorWeights: width > 16 ? ' + v * 32' : '',
    pairedWeights: width * 2,
  }
  return { fn: { name, ...templated('c/isa/avx2/products.c', context), needs: [] } }
}

function reach(block: ReachBlock): Variant {
  const { sums, pixels, width } = block
  const name = `reach_${sums}_avx2_${pixels}x${width}`
  const { offset, ...texts } = reachTexts(block)
  const several = width > 8
  const at = several ? ' + v * 8' : ''
  const sum = `_mm256_loadu_si256((const __m256i *)(sums${at}))`
  const context = {
    ...guarded(avx2, name, reachParameters(block), 'Compares 8 sums at a time.'),
    ...texts,
    floats: sums === 'f32',
    eachVector: several ? `for (int v = 0; v < ${Math.ceil(width / 8)}; v++)` : '',
    left: several ? 'lanes - v * 8' : 'lanes',
    at,
    // No pointer past the thresholds, not even one that nothing is loaded from.
    inside: several ? ' + (v * 8 < lanes ? v * 8 : 0)' : '',
    shift: several ? ' << (v * 8)' : '',
    sum: sums === 'counts' ? `_mm256_sub_epi32(_mm256_set1_epi32(${offset}), _mm256_slli_epi32(${sum}, 1))` : sum,
  }
  return { fn: { name, ...templated('c/isa/avx2/reach.c', context), needs: [orBits] } }
}

function doubt(block: ProductBlock): Variant {
  const { pixels, width } = block
  const name = `in_doubt_avx2_${pixels}x${width}`
  const context = {
    ...guarded(avx2, name, doubtParameters(block), 'Compares 8 sums at a time.', 'int'),
    vectors: width / 8,
    eachPixel: pixels > 1 ? 'for (int p = 0; p < pixels; p++)' : '',
    pixelSums: pixels > 1 ? `sums + p * ${width}` : 'sums',
  }
  return { fn: { name, ...templated('c/isa/avx2/doubt.c', context), needs: [] } }
}
