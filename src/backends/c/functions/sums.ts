import type { Probe } from '../../module.ts'
import type { Parameter } from '../signature.ts'
import type { Block, Sum } from './blocks.ts'
import type { Arguments, Choice } from './choice.ts'

/** Sums of a pixel take whole vectors of 16. */
export const sumPitchOf = (width: number): number => Math.ceil(width / 16) * 16

const what: Readonly<Record<Sum, string>> = {
  count_mismatches: 'the bits that differ from those of the weights',
  accumulate: 'products with the weights',
  accumulate_signs: 'what the bits of the weights say to add or subtract',
}

export const parametersOf = ({ xType, weightType, sumType, pixels, paired }: Block): Parameter[] => [
  [`const ${xType} *`, 'x'],
  ['int ', 'start'],
  ['int ', 'row_pitch'],
  ...(pixels > 1
    ? ([
        ['int ', 'pitch'],
        ['int ', 'from'],
        ['int ', 'to'],
      ] as const)
    : []),
  [`const ${weightType} *`, 'weights'],
  ...(paired ? ([['int ', 'next_block']] as const) : []),
  ['int ', 'next_row'],
  ['int ', 'rows'],
  ['int ', 'count'],
  ['int ', 'fresh'],
  [`${sumType} *`, 'sums'],
]

/** Sums for a block of pixels. */
export const sumsOf = (block: Block): Choice => ({
  name: `${block.sum}${block.xType === 'uint8_t' ? '_u8' : ''}_${block.pixels}x${block.width}`,
  returns: 'void',
  parameters: parametersOf(block),
  width: block.width,
  pick: set => set.sums(block),
  probe: probeOf(block),
})

export const commentOf = ({ sum, pixels, width, sumPitch }: Block): string =>
  pixels > 1
    ? `Adds up ${what[sum]} for pixels from..to of a block of ${pixels}: pixel p has \`rows\` runs of \`count\` in x, ` +
      `the first at x + start + p * pitch, and its ${width} sums at sums + p * ${sumPitch}. \`fresh\` sums start at 0.`
    : `Adds up ${what[sum]} for a pixel, which has \`rows\` runs of \`count\` in x, the first at x + start, ` +
      `and ${width} sums. \`fresh\` sums start at 0.`

/** Elements of x, words or floats: long enough that starting costs nothing; the weights of 32 filters are 16 KB. */
const COUNT = 128

const probeOf =
  ({ sum, xType, weightType, sumType, pixels, width }: Block) =>
  (call: (values: Arguments) => string): Probe => ({
    call: call({
      x: `(const ${xType} *)probe_x`,
      start: 0,
      row_pitch: 0,
      pitch: COUNT,
      from: 0,
      to: pixels,
      weights: `(const ${weightType} *)probe_weights`,
      next_block: COUNT * 16,
      next_row: 0,
      rows: 1,
      count: COUNT,
      fresh: 1,
      sums: `(${sumType} *)probe_sums`,
    }),
    kind: sum === 'count_mismatches' ? 'binary' : 'float',
    macs: pixels * width * COUNT * (sum === 'count_mismatches' ? 32 : 1),
  })
