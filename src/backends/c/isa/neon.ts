import type { GeneratedFunction } from '../../module.ts'
import { templated } from '../../print/template.ts'
import type { Block, ProductBlock, ReachBlock } from '../functions/blocks.ts'
import { orBits } from '../functions/plain.ts'
import { doubtParameters, productParameters } from '../functions/products.ts'
import { reachParameters, reachTexts } from '../functions/reach.ts'
import { parametersOf } from '../functions/sums.ts'
import { arm } from './architecture.ts'
import { guarded, withoutLanes } from './guarded.ts'
import type { InstructionSet, Variant } from './instruction-set.ts'

/** AArch64 and ARMv7 with NEON. Its ARMv7 takes floats below the normal ones as 0. */
export const neon: InstructionSet = {
  isa: 'neon',
  architecture: arm,
  features: [],
  floats: {
    type: 'float32x4_t',
    load: 'vld1q_f32',
    splat: 'vdupq_n_f32',
    store: 'vst1q_f32',
    lanes: 4,
    totals: 8,
    multiplyAdd: (x, weight, total) => `vmlaq_f32(${total}, ${x}, ${weight})`,
  },
  tables: false,
  sums: block => (block.sum === 'count_mismatches' ? counts(block) : accumulate(block)),
  products,
  reach,
  doubt,
}

const definition = (name: 'definitions' | 'bits_of_16' | 'bits_of_4' | 'floats_of_4'): GeneratedFunction => ({
  name: `${name}_neon`,
  template: `c/isa/neon/${name}.c`,
  context: {},
  needs: [],
})
const [definitions, bitsOf16, bitsOf4, floatsOf4] = [
  definition('definitions'),
  definition('bits_of_16'),
  definition('bits_of_4'),
  definition('floats_of_4'),
]

/** Where vector v of so many lanes starts: the last one overlaps where they are no multiple of 4. */
const quadAt = (lanes: number): string =>
  lanes <= 4 ? '0' : lanes % 4 === 0 ? 'v * 4' : `(v * 4 < ${lanes - 4} ? v * 4 : ${lanes - 4})`

/** What templates say of a few pixels of a block at a time, each with some vectors of 4 filters. */
function pixelTexts(many: boolean, together: string, sumPitch: number, [from, to]: readonly [string, string]) {
  const inside = `(p + q < ${to} ? p + q : ${to} - 1)`
  return {
    many,
    together: many ? together : '1',
    eachPixel: many ? `for (int p = ${from}; p < ${to}; p += ${together})` : '',
    inside,
    insideSums: many ? `sums + ${inside} * ${sumPitch}` : 'sums',
    pixelSums: many ? `sums + (p + q) * ${sumPitch}` : 'sums',
    ifInside: many ? `if (p + q < ${to})` : '',
  }
}

const pixelsText = (pixels: number): string => (pixels > 1 ? 'A few pixels' : 'A pixel')

/** Bits that differ, counted in bytes. */
function counts(block: Block): Variant | undefined {
  const { pixels, width, lanes, paired, sumPitch } = block
  if (lanes < 4) return undefined
  const name = `count_mismatches_neon_${pixels}x${width}`
  const many = pixels > 1
  const texts = pixelTexts(many, lanes > 16 ? 'NEON_PIXELS / 2' : 'NEON_PIXELS', sumPitch, ['from', 'to'])
  const what = `${pixelsText(pixels)} by ${lanes} filters: popcounts of bytes, added up in bytes.`
  const context = {
    ...guarded(neon, name, parametersOf(block), what),
    many,
    lanes,
    quads: Math.ceil(lanes / 4),
    quadAt: quadAt(lanes),
    together: texts.together,
    eachBlock: paired ? 'for (int block = 0; block < 2; block++, weights += next_block, sums += 16)' : '',
    eachPixel: texts.eachPixel,
    pixelStart: many ? `x + start + ${texts.inside} * pitch` : 'x + start',
    pixelSums: texts.pixelSums,
    ifInside: texts.ifInside,
  }
  return { fn: { name, ...templated('c/isa/neon/count_mismatches.c', context), needs: [definitions] } }
}

/** Sums of products with floats, or with bits that stand for +1 and -1. */
function accumulate(block: Block): Variant | undefined {
  const { sum, xType, weightType, pixels, width, lanes, paired, sumPitch } = block
  const signs = sum === 'accumulate_signs'
  if (lanes < 4 && !signs) return undefined
  const bytes = xType === 'uint8_t'
  const name = `${sum}${bytes ? '_u8' : ''}_neon_${pixels}x${width}`
  const many = pixels > 1
  const { inside, ...texts } = pixelTexts(many, !signs && lanes > 16 ? 'NEON_PIXELS / 2' : 'NEON_PIXELS', sumPitch, [
    'from',
    'to',
  ])
  const at = signs ? quadAt(lanes <= 4 ? 4 : 16) : quadAt(lanes)
  const filters = (step: number): string =>
    signs
      ? `vbslq_f32(vtstq_u32(bits_${step}, order${lanes > 4 ? ' << (v * 4)' : ''}), plus, minus)`
      : `vld1q_f32(w + ${step === 0 ? '' : `${step * lanes} + `}${at})`
  const what = signs
    ? 'a number of x times 4 bits that stand for +1 and -1'
    : 'a number of x times 4 weights, a multiply-add each'
  const secondHalf = signs && width > 16
  const context = {
    ...guarded(neon, name, parametersOf(block), `${pixelsText(pixels)} by ${width} filters: ${what}.`),
    ...texts,
    xType,
    weightType,
    signs,
    quads: Math.ceil((signs ? Math.min(lanes, 16) : lanes) / 4),
    // Of a block of signs whole vectors of sums are there, whether or not there are as many filters.
    quadAt: at,
    eachBlock: paired
      ? 'for (int block = 0; block < 2; block++, weights += next_block, sums += 16)'
      : secondHalf
        ? 'for (int shift = 0; shift < 32; shift += 16, sums += 16)'
        : '',
    shift: secondHalf ? ' >> shift' : '',
    pixelStart: many ? `x + start + ${inside} * pitch` : 'x + start',
    loadFour: bytes ? 'floats_of_4' : 'vld1q_f32',
    steps: [0, 1, 2, 3].map(step => ({ step, filters: filters(step) })),
    filters: filters(0),
    oneStep: signs ? 1 : lanes,
    fourSteps: signs ? 4 : 4 * lanes,
    timesStep: signs ? '' : ` * ${lanes}`,
  }
  return {
    fn: { name, ...templated('c/isa/neon/accumulate.c', context), needs: [definitions, ...(bytes ? [floatsOf4] : [])] },
  }
}

function products(block: ProductBlock): Variant {
  const { pixels, width } = block
  const name = `add_products_neon_${pixels}x${width}`
  const many = pixels > 1
  const { inside, ...texts } = pixelTexts(many, 'NEON_PIXELS / 2', width, ['0', 'pixels'])
  const { insideSums, ...stored } = texts
  const context = {
    ...guarded(
      neon,
      name,
      productParameters(block),
      `${pixelsText(pixels)} by 16 filters: a pair of x times 2 pairs of weights.`,
    ),
    ...stored,
    eachBlock: width > 16 ? 'for (int block = 0; block < 2; block++, sums += 16)' : '',
    blockWeights: width > 16 ? ' + block * 32' : '',
    pairedWeights: width * 2,
    pixelStart: many ? `x + ${inside} * pitch` : 'x',
  }
  return { fn: { name, ...templated('c/isa/neon/products.c', context), needs: [definitions] } }
}

function reach(block: ReachBlock): Variant | undefined {
  const { sums, pixels, width } = block
  if (width < 4) return undefined
  const name = `reach_${sums}_neon_${pixels}x${width}`
  const { offset, ...texts } = reachTexts(block)
  const quads = Math.ceil(width / 4)
  const context = {
    ...guarded(neon, name, withoutLanes(reachParameters(block)), 'Compares 4 sums at a time.'),
    ...texts,
    offset,
    counts: sums === 'counts',
    type: sums === 'f32' ? 'f32' : 's32',
    quads,
    quadAt: quadAt(width),
    bits: bitsText(width),
  }
  return {
    fn: {
      name,
      ...templated('c/isa/neon/reach.c', context),
      needs: [...(width >= 16 ? [bitsOf16] : []), ...(width % 16 > 0 ? [bitsOf4] : []), orBits],
    },
    whole: true,
  }
}

/** The bits of all vectors of masks: by 16 filters, then by 4, of which the last may overlap. */
function bitsText(width: number): string {
  const sixteens = Math.floor(width / 16)
  const masks = (v: number): string => [0, 1, 2, 3].map(k => `reached[${v * 4 + k}]`).join(', ')
  const rest = Array.from({ length: Math.ceil(width / 4) - sixteens * 4 }, (_, k) => sixteens * 4 + k)
  return [
    ...Array.from({ length: sixteens }, (_, v) => ({ bits: `bits_of_16(${masks(v)})`, shift: v * 16 })),
    ...rest.map(v => ({ bits: `bits_of_4(reached[${v}])`, shift: Math.min(v * 4, width - 4) })),
  ]
    .map(({ bits, shift }) => (shift === 0 ? bits : `${bits} << ${shift}`))
    .join(' | ')
}

function doubt(block: ProductBlock): Variant {
  const { pixels, width } = block
  const name = `in_doubt_neon_${pixels}x${width}`
  const context = {
    ...guarded(neon, name, withoutLanes(doubtParameters(block)), 'Compares 4 sums at a time.', 'int'),
    quads: width / 4,
    eachPixel: pixels > 1 ? 'for (int p = 0; p < pixels; p++)' : '',
    pixelSums: pixels > 1 ? `sums + p * ${width}` : 'sums',
  }
  return { fn: { name, ...templated('c/isa/neon/doubt.c', context), needs: [bitsOf4] }, whole: true }
}
