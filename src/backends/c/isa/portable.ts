import type { GeneratedFunction } from '../../module.ts'
import { templated } from '../../print/template.ts'
import type { Block, ProductBlock, ReachBlock } from '../functions/blocks.ts'
import { accumulate, accumulateSigns, countMismatches, expandSigns } from '../functions/lanes.ts'
import { orBits } from '../functions/plain.ts'
import { doubtOf, doubtParameters, productParameters, productsOf } from '../functions/products.ts'
import { reachOf, reachParameters, reachTexts } from '../functions/reach.ts'
import { commentOf, parametersOf, sumsOf } from '../functions/sums.ts'
import { comment } from '../names.ts'
import { headText, type Parameter } from '../signature.ts'
import type { InstructionSet, Variant } from './instruction-set.ts'

/** Code for any machine: what is here, every block has. */
export const portable = {
  isa: 'portable',
  architecture: undefined,
  features: [],
  floats: undefined,
  tables: true,
  sums: block => ({ fn: sums(block) }),
  products,
  reach,
  doubt,
} as const satisfies InstructionSet

const inline = (name: string, parameters: readonly Parameter[], what: string, returns = 'void') => ({
  comment: comment([what]),
  head: headText(`static INLINE ${returns}`, name, parameters),
})

/** Channels whose signs are floats at a time: with 32 filters 4 KB of stack. */
const EXPANDED = 32

function sums(block: Block): GeneratedFunction {
  const { sum, xType, pixels, lanes, paired, sumPitch } = block
  const { name } = sumsOf(block)
  const begin = inline(name, parametersOf(block), commentOf(block))
  const sumCount = pixels * sumPitch
  // Signs that several pixels multiply with are made floats once.
  if (sum === 'accumulate_signs' && pixels > 1) {
    const [expand, one] = [expandSigns(lanes), accumulate(lanes, xType)]
    return {
      name,
      ...templated('c/isa/portable/sums_of_signs.c', {
        ...begin,
        sumCount,
        run: EXPANDED,
        lanes,
        sumPitch,
        expand: expand.name,
        one: one.name,
      }),
      needs: [expand, one],
    }
  }
  const one = onePixel[sum](lanes, xType)
  const many = pixels > 1
  return {
    name,
    ...templated('c/isa/portable/sums.c', {
      ...begin,
      sumCount,
      lanes,
      paired,
      one: one.name,
      eachPixel: many ? 'for (int p = from; p < to; p++)' : '',
      pixelStart: many ? 'x + start + p * pitch' : 'x + start',
      pixelSums: many ? `sums + p * ${sumPitch}` : 'sums',
    }),
    needs: [one],
  }
}

const onePixel: Readonly<Record<Block['sum'], (lanes: number, xType: string) => GeneratedFunction>> = {
  count_mismatches: countMismatches,
  accumulate,
  accumulate_signs: accumulateSigns,
}

function products(block: ProductBlock): Variant {
  const { pixels, width } = block
  const { name } = productsOf(block)
  const many = pixels > 1
  const what = many
    ? `Adds to the sums [${pixels}][${width}] of up to ${pixels} pixels the products of what their windows see with weights ` +
      `[rows][runs][pairs][${width}][2]: pixel p has rows * runs stretches of \`pairs\` pairs in x, the first at x + p * pitch.`
    : `Adds to the sums [${width}] of a pixel the products of what its window sees with weights ` +
      `[rows][runs][pairs][${width}][2]: it has rows * runs stretches of \`pairs\` pairs in x, the first at x.`
  const context = {
    ...inline(name, productParameters(block), what),
    width,
    pairedWeights: width * 2,
    eachPixel: many ? 'for (int p = 0; p < pixels; p++)' : '',
    pixelStart: many ? 'x + p * pitch' : 'x',
    pixelSum: many ? `sums[p * ${width} + lane]` : 'sums[lane]',
  }
  return { fn: { name, ...templated('c/isa/portable/products.c', context), needs: [] } }
}

function reach(block: ReachBlock): Variant {
  const { name } = reachOf(block)
  const { offset, ...texts } = reachTexts(block)
  const what = 'The bits of y from `first` on: whether a sum reaches its threshold.'
  const context = {
    ...inline(name, reachParameters(block), what),
    ...texts,
    sum: block.sums === 'counts' ? `${offset} - 2 * sums[lane]` : 'sums[lane]',
  }
  return { fn: { name, ...templated('c/isa/portable/reach.c', context), needs: [orBits] } }
}

function doubt(block: ProductBlock): Variant {
  const { name } = doubtOf(block)
  const what = 'Whether a sum is so close to its threshold that `slack` more or less may decide.'
  const context = {
    ...inline(name, doubtParameters(block), what, 'int'),
    eachPixel: block.pixels > 1 ? `for (int p = 0; p < pixels; p++, sums += ${block.width})` : '',
  }
  return { fn: { name, ...templated('c/isa/portable/doubt.c', context), needs: [] } }
}
