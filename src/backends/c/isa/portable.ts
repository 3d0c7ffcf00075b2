import type { GeneratedFunction } from '../../module.ts'
import { templated } from '../../print/template.ts'
import type { Block, ProductBlock, ReachBlock } from '../functions/blocks.ts'
import { accumulate, accumulateSigns, countMismatches, expandSigns } from '../functions/lanes.ts'
import { orBits } from '../functions/plain.ts'
import { doubtOf, doubtParameters, productParameters, productsOf } from '../functions/products.ts'
import { reachOf, reachParameters, reachTexts } from '../functions/reach.ts'
import { commentOf, parametersOf, sumsOf } from '../functions/sums.ts'
import { tiles } from '../functions/tiles.ts'
import { comment } from '../names.ts'
import { headText, type Parameter, wrapped } from '../signature.ts'
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
  const many = pixels > 1
  const tilesCall = (fn: GeneratedFunction, from: SumsFrom, margin: string): string => {
    const where = many
      ? [`x + start + from * pitch${from.x}`, from.rowPitch, 'pitch', 'to - from']
      : ['x + start', from.rowPitch, '0', '1']
    const sums = `sums${many ? ` + from * ${sumPitch}` : ''}${from.sums}`
    return wrapped(`${fn.name}(`, [...where, from.weights, `${lanes}`, ...from.runs, sums, `${sumPitch}`], ');', margin)
  }
  // Signs that several pixels multiply with are made floats once.
  if (sum === 'accumulate_signs' && many) {
    const needs = [expandSigns(lanes), accumulate(lanes, xType), tiles('accumulate', xType)] as const
    const [expand, one, inTiles] = needs
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
        tilesCall: tilesCall(
          inTiles,
          { x: ' + k', rowPitch: '0', weights: 'signs', runs: ['0', '1', 'run'], sums: '' },
          '      ',
        ),
      }),
      needs,
    }
  }
  const one = functionsOf[sum](lanes, xType)
  const inTiles = sum === 'accumulate_signs' ? undefined : tiles(sum, xType)
  const whole = { x: '', rowPitch: 'row_pitch', weights: 'weights', runs: ['next_row', 'rows', 'count'], sums: '' }
  const halves = paired ? [whole, { ...whole, weights: 'weights + next_block', sums: ` + ${lanes}` }] : [whole]
  const onePixel = (half: SumsFrom): string => {
    const where = [many ? 'x + start + p * pitch' : 'x + start', 'row_pitch', half.weights, ...half.runs]
    const pixelSums = `sums${many ? ` + p * ${sumPitch}` : ''}${half.sums}`
    return `${one.name}(${[...where, pixelSums].join(', ')});`
  }
  return {
    name,
    ...templated('c/isa/portable/sums.c', {
      ...begin,
      sumCount,
      eachPixel: many ? 'for (int p = from; p < to; p++)' : '',
      calls: halves.map(onePixel),
      condition: sum === 'accumulate' ? '#if VECTORS' : sum === 'count_mismatches' ? '#if !defined(__riscv_zbb)' : '',
      tilesCalls: inTiles ? halves.map(half => tilesCall(inTiles, half, '  ')) : [],
    }),
    needs: inTiles ? [one, inTiles] : [one],
  }
}

/** What tiles begin with. */
interface SumsFrom {
  readonly x: string
  readonly rowPitch: string
  readonly weights: string
  readonly runs: readonly string[]
  readonly sums: string
}

const functionsOf: Readonly<Record<Block['sum'], (lanes: number, xType: string) => GeneratedFunction>> = {
  count_mismatches: countMismatches,
  accumulate,
  accumulate_signs: accumulateSigns,
}

function products(block: ProductBlock): Variant {
  const { pixels, width, step } = block
  const { name } = productsOf(block)
  const many = pixels > 1
  if (step === 1) {
    const fn = tiles('multiply', 'int16_t')
    const what =
      `Adds to the sums [${pixels}][${width}] of up to ${pixels} pixels the products of what their windows see with weights ` +
      `[rows][runs][count][${width}].`
    const where = ['x', 'row_pitch', ...(many ? ['pitch', 'pixels'] : ['0', '1'])]
    const weights = [`weights + run * count * ${width}`, `${width}`, `runs * count * ${width}`, 'rows', 'count']
    const call = wrapped(`${fn.name}(`, [...where, ...weights, 'sums', `${width}`], ');', '    ')
    const context = { ...inline(name, productParameters(block), what), call }
    return { fn: { name, ...templated('c/isa/portable/products_one_by_one.c', context), needs: [fn] } }
  }
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
