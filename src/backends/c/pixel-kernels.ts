import type { Isa } from '../backend.ts'
import { render } from '../template.ts'
import { instructionSets, shortVectors } from './instruction-sets.ts'

/** Sums of a block of pixels: what is added up, for which filters, and how they lie in memory. */
interface Block {
  readonly name: string
  readonly pixels: number
  readonly width: number
  /** Filters side by side in the weights; `paired`: two blocks of them. */
  readonly lanes: number
  readonly paired: boolean
  readonly sumPitch: number
  readonly weightType: string
}

/** A function written for one instruction set, or none where compilers do as well. */
interface Kernel {
  readonly name: string
  /** Arguments between the weights and `next_row`. */
  readonly args: string
  readonly text: string
}

/** The kernels for a block of pixels, the best instruction set first. */
export const kernelsFor = (block: Block, isas: readonly Isa[]) =>
  instructionSets.flatMap(({ isa, constant, target }) => {
    const kernel = isas.includes(isa) ? makers[isa](block) : undefined
    return kernel ? [{ ...kernel, constant, target }] : []
  })

const makers: Readonly<Record<Isa, (block: Block) => Kernel | undefined>> = {
  avx512: avx512Kernel,
  avx2: block => (block.name === 'count_mismatches' ? byteKernel('avx2', block) : avx2Kernel(block)),
  sse4: block => (block.name === 'count_mismatches' ? byteKernel('sse4', block) : sse4Kernel(block)),
}

/** The last few filters of a float layer: a vector of 4 or 8 costs less than one of 16, which many chips split. */
const tails = [
  { lanes: 4, type: '__m128', prefix: '_mm' },
  { lanes: 8, type: '__m256', prefix: '_mm256' },
] as const

/** The AVX-512 kernel for so many filters: its whole vectors, and a shorter one. */
function avx512Kernel({ name, pixels, width, lanes, paired, sumPitch, weightType }: Block): Kernel {
  const signs = name === 'accumulate_signs'
  const vectors = Math.ceil(width / 16)
  const lastLanes = paired || width % 16 === 0 ? 16 : width % 16
  const tail = name !== 'count_mismatches' ? tails.find(each => lastLanes <= each.lanes) : undefined
  const whole = tail ? vectors - 1 : vectors
  const what = [
    ...(whole > 0 ? [`${whole} vector${whole === 1 ? '' : 's'} of 16 filters`] : []),
    ...(tail ? [`one of ${tail.lanes}${whole === 0 ? ' filters' : ''}`] : []),
  ].join(' and ')
  const full = `${name}_avx512_${pixels}x${whole * 16 + (tail?.lanes ?? 0)}`
  const context = { name: full, pixels, vectors, whole, tail, tailStart: whole * 16, what, signs, sumPitch, weightType }
  return {
    name: full,
    args: signs ? '' : `${lanes}, ${paired ? 'next_block' : '16'}, ${lastLanes}, `,
    text: render(`c/functions/${signs ? 'accumulate' : name}_avx512.c`, context),
  }
}

function avx2Kernel({ name, width, lanes, paired, sumPitch, weightType }: Block): Kernel {
  const signs = name === 'accumulate_signs'
  const vectors = Math.ceil(width / 16)
  const masked = !signs && lanes !== 16
  const full = `${name}_avx2_${signs ? /\d+/.exec(weightType)![0] : masked ? vectors : width}`
  return {
    name: full,
    args: masked ? `${lanes}, ` : paired ? 'next_block, ' : '',
    text: render('c/functions/accumulate_avx2.c', { name: full, vectors, masked, paired, signs, sumPitch, weightType }),
  }
}

/** Only whole vectors: the portable code does as well for others. */
function sse4Kernel({ name, width, lanes, paired, sumPitch }: Block): Kernel | undefined {
  if (name !== 'accumulate' || lanes !== 16) return undefined
  const full = `accumulate_sse4_${width}`
  return {
    name: full,
    args: paired ? 'next_block, ' : '',
    text: render('c/functions/accumulate_sse4.c', { name: full, paired, quads: width / 4, width, sumPitch }),
  }
}

/** Counts of half bytes in vectors of 128 or 256 bits: eight of them hold sums. Only for whole blocks of 16 filters. */
function byteKernel(isa: keyof typeof shortVectors, { width, lanes, paired, sumPitch }: Block): Kernel | undefined {
  if (lanes !== 16) return undefined
  const full = `count_mismatches_${isa}_${width}`
  const short = shortVectors[isa]
  const context = {
    ...short,
    name: full,
    what: `${isa === 'sse4' ? 'A pixel' : 'Two pixels'} by ${width} filters`,
    table: isa === 'sse4' ? 'bits' : '_mm256_broadcastsi128_si256(bits)',
    pixels: isa === 'sse4' ? 1 : 2,
    parts: width / short.lanes,
    perBlock: 16 / short.lanes,
    paired,
    sumPitch,
  }
  return {
    name: full,
    args: paired ? 'next_block, ' : '',
    text: render('c/functions/count_mismatches_bytes.c', context),
  }
}
