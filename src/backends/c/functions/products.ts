import type { Parameter } from '../signature.ts'
import type { ProductBlock } from './blocks.ts'
import type { Choice } from './choice.ts'

/** Pairs of x in a probe. */
const PAIRS = 64

export const productParameters = ({ pixels, step }: ProductBlock): Parameter[] => [
  ['const int16_t *', 'x'],
  ['int ', 'row_pitch'],
  ...(pixels > 1
    ? ([
        ['int ', 'pitch'],
        ['int ', 'pixels'],
      ] as const)
    : []),
  [`const int${32 / step}_t *`, 'weights'],
  ['int ', 'rows'],
  ['int ', 'runs'],
  ['int ', 'run_pitch'],
  ['int ', step === 2 ? 'pairs' : 'count'],
  ['int32_t *', 'sums'],
]

/** Adds products to the sums. */
export const productsOf = (block: ProductBlock): Choice => ({
  name: `add_products_${block.pixels}x${block.width}`,
  returns: 'void',
  parameters: productParameters(block),
  width: block.width,
  pick: set => set.products(block),
  probe: call => ({
    call: call({
      x: '(const int16_t *)probe_x',
      row_pitch: 0,
      pitch: 2 * PAIRS,
      pixels: block.pixels,
      weights: `(const int${32 / block.step}_t *)probe_weights`,
      rows: 1,
      runs: 1,
      run_pitch: 0,
      pairs: PAIRS,
      count: 2 * PAIRS,
      sums: '(int32_t *)probe_sums',
    }),
    kind: 'integer',
    macs: block.pixels * block.width * 2 * PAIRS,
  }),
})

export const doubtParameters = ({ pixels }: ProductBlock): Parameter[] => [
  ['const int32_t *', 'sums'],
  ...(pixels > 1 ? ([['int ', 'pixels']] as const) : []),
  ['const int32_t *', 'thresholds'],
  ['const int32_t *', 'slack'],
  ['int ', 'lanes'],
]

/** Whether a sum is so close to its threshold that the fine weights decide. */
export const doubtOf = (block: ProductBlock): Choice => ({
  name: `in_doubt_${block.pixels}x${block.width}`,
  returns: 'int',
  parameters: doubtParameters(block),
  width: block.width,
  pick: set => set.doubt(block),
})
