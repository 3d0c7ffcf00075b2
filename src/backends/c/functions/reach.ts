import type { Parameter } from '../signature.ts'
import type { ReachBlock } from './blocks.ts'
import type { Choice } from './choice.ts'

export const sumTypeOf = ({ sums }: ReachBlock): string => (sums === 'f32' ? 'float' : 'int32_t')

export const reachParameters = (block: ReachBlock): Parameter[] => [
  [`const ${sumTypeOf(block)} *`, 'sums'],
  ...(block.pixels > 1 ? ([['int ', 'pixels']] as const) : []),
  ...(block.sums === 'counts' ? ([['const int32_t *', 'offsets']] as const) : []),
  [`const ${sumTypeOf(block)} *`, 'thresholds'],
  ['int ', 'lanes'],
  ['uint32_t *', 'y'],
  ...(block.pixels > 1 ? ([['int ', 'pitch']] as const) : []),
  ['int ', 'first'],
]

/** Bits that say which sums of a block reach their thresholds. */
export const reachOf = (block: ReachBlock): Choice => ({
  name: `reach_${block.sums}_${block.pixels}x${block.width}`,
  returns: 'void',
  parameters: reachParameters(block),
  width: block.width,
  pick: set => set.reach(block),
})

/** The loop over the pixels of a block, and what is said in it. */
export const reachTexts = ({ pixels, sumPitch }: ReachBlock) => ({
  eachPixel: pixels > 1 ? `for (int p = 0; p < pixels; p++, sums += ${sumPitch})` : '',
  word: pixels > 1 ? 'y + p * pitch' : 'y',
  offset: pixels > 1 ? 'offsets[p]' : 'offsets[0]',
})
