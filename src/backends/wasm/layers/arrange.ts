import { wordsFor } from '../../../ir/bits.ts'
import type { ConvolutionParams } from '../../../plan/kernels.ts'
import type { Buffer } from '../../../plan/plan.ts'
import { BLOCK, blocksOf } from './store.ts'

/**
 * Weights of a float or integer convolution as its loops read them: [group][block][tap][channel][lane], a block being eight
 * filters, or what is left of a group rounded up to four. Missing filters are zero. Bits become ±1.
 */
export function arrangeConvolution(weights: Buffer, params: ConvolutionParams): Float32Array | Int32Array {
  const { groups, filters, channels, kernelHeight, kernelWidth } = params
  const taps = kernelHeight * kernelWidth
  const read = reader(weights, channels)
  const perGroup = filters / groups
  const blocks = blocksOf(perGroup).flatMap(({ first, end, vectors }) =>
    end === undefined
      ? [{ first, lanes: 4 * vectors.length }]
      : Array.from({ length: end / BLOCK }, (_, k) => ({ first: k * BLOCK, lanes: BLOCK })),
  )
  const lanes = blocks.reduce((sum, block) => sum + block.lanes, 0)
  const size = groups * taps * channels * lanes
  const result = weights.element === 'i32' ? new Int32Array(size) : new Float32Array(size)
  let at = 0
  for (let group = 0; group < groups; group++)
    for (const { first, lanes } of blocks)
      for (let tap = 0; tap < taps; tap++)
        for (let channel = 0; channel < channels; channel++)
          for (let lane = 0; lane < lanes; lane++, at++) {
            const filter = first + lane
            if (filter < perGroup) result[at] = read((group * perGroup + filter) * taps + tap, channel)
          }
  return result
}

/** Reads the weight of a channel in row `filter · taps + tap`. */
function reader({ place, element }: Buffer, channels: number): (row: number, channel: number) => number {
  if (place.kind !== 'constant') throw new Error('weights of a convolution are a constant')
  const { data } = place
  if (element !== 'u32') return (row, channel) => data[row * channels + channel]!
  const words = wordsFor(channels)
  return (row, channel) => ((data[row * words + (channel >> 5)]! >>> (channel & 31)) & 1 ? 1 : -1)
}
