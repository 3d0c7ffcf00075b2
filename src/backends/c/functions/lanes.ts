import type { GeneratedFunction } from '../../module.ts'
import { templated } from '../../print/template.ts'
import { signBitsFor } from '../layers/arrange.ts'
import { bitsPerByte, bitsPerNibble4, flipsOf4, vectors } from './plain.ts'

/** Functions for one pixel and so many filters side by side: the first lanes four at a time, where there are vectors. */
function lanesText(lanes: number) {
  const quads = Math.floor(lanes / 4)
  return { lanes, quads, firstLane: quads === 0 ? '0' : `VECTORS ? ${quads * 4} : 0` }
}

/** Functions that only vectors call. */
const inVectors = (lanes: number, ...fns: readonly GeneratedFunction[]): GeneratedFunction[] =>
  lanes < 4 ? [] : [vectors, ...fns]

/** How a function reads x, which is floats or bytes. */
const reading = (xType: string) => ({
  suffix: xType === 'uint8_t' ? '_u8' : '',
  xType,
  value: xType === 'uint8_t' ? '(float)x[k]' : 'x[k]',
})

const weightType = (lanes: number): string => `uint${signBitsFor(lanes)}_t`

export const countMismatches = (lanes: number): GeneratedFunction => ({
  name: `count_mismatches_${lanes}`,
  ...templated('c/functions/count_mismatches.c', lanesText(lanes)),
  needs: [bitsPerByte, ...inVectors(lanes, bitsPerNibble4)],
})

export const accumulate = (lanes: number, xType: string): GeneratedFunction => ({
  name: `accumulate${reading(xType).suffix}_${lanes}`,
  ...templated('c/functions/accumulate.c', {
    ...reading(xType),
    lanes,
    quads: Math.floor(lanes / 4),
    rest: lanes % 4,
    fourLanes: lanes - (lanes % 4),
  }),
  needs: [vectors],
})

export const accumulateSigns = (lanes: number, xType: string): GeneratedFunction => ({
  name: `accumulate_signs${reading(xType).suffix}_${lanes}`,
  ...templated('c/functions/accumulate_signs.c', {
    ...lanesText(lanes),
    ...reading(xType),
    weightType: weightType(lanes),
  }),
  needs: inVectors(lanes, flipsOf4),
})

export const expandSigns = (lanes: number): GeneratedFunction => ({
  name: `expand_signs_${lanes}`,
  ...templated('c/functions/expand_signs.c', { ...lanesText(lanes), weightType: weightType(lanes) }),
  needs: inVectors(lanes, flipsOf4),
})
