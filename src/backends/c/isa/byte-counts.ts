import { templated } from '../../print/template.ts'
import type { Block } from '../functions/blocks.ts'
import { parametersOf } from '../functions/sums.ts'
import { guarded } from './guarded.ts'
import type { InstructionSet, Variant } from './instruction-set.ts'

/** What bits are counted with: vectors of bytes, and a table of the bits of every half byte. */
export interface ByteVectors {
  /** Pixels that share a load of weights. */
  readonly together: 1 | 2
  readonly vector: string
  /** How the names of intrinsics begin, and end. */
  readonly mm: string
  readonly si: string
  /** Words of a vector. */
  readonly lanes: number
  /** A vector of the 16 bytes in `bits`, as often as it has room for them. */
  readonly table: string
}

/** Unlike bits, counted in bytes: eight vectors hold sums. Only for whole blocks of 16 filters. */
export function byteCounts(set: InstructionSet, block: Block, vectors: ByteVectors): Variant | undefined {
  const { pixels, width, lanes, paired, sumPitch } = block
  if (lanes !== 16) return undefined
  const name = `count_mismatches_${set.isa}_${pixels}x${width}`
  const together = Math.min(vectors.together, pixels)
  const perBlock = 16 / vectors.lanes
  const pixel = together > 1 ? '(p + q < to ? p + q : to - 1)' : 'p'
  const what = `${together > 1 ? 'Two pixels' : 'A pixel'} by ${width} filters: popcounts of half bytes from a table, added up in bytes.`
  const context = {
    ...guarded(set, name, parametersOf(block), what),
    vector: vectors.vector,
    mm: vectors.mm,
    si: vectors.si,
    table: vectors.table,
    vectorLanes: vectors.lanes,
    together,
    parts: width / vectors.lanes,
    eachPixel: pixels === 1 ? '' : `for (int p = from; p < to; ${together > 1 ? `p += ${together}` : 'p++'})`,
    pixelStart: `x + start + row * row_pitch${pixels > 1 ? ` + ${pixel} * pitch` : ''}`,
    pixelSums: pixels === 1 ? 'sums' : together > 1 ? `sums + (p + q) * ${sumPitch}` : `sums + p * ${sumPitch}`,
    ifInside: together > 1 ? 'if (p + q < to)' : '',
    weightsAt: paired ? `v / ${perBlock} * next_block + v % ${perBlock} * ${vectors.lanes}` : `v * ${vectors.lanes}`,
  }
  return { fn: { name, ...templated('c/isa/bytes/count_mismatches.c', context), needs: [] } }
}
