import type { GeneratedFunction } from '../../module.ts'
import { templated } from '../../print/template.ts'
import { signBitsFor } from '../layers/arrange.ts'
import { plus } from '../names.ts'
import { flipsOf4, vectors, wideWords } from './plain.ts'

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
  value: `${xType === 'uint8_t' ? '(float)' : ''}x[row * row_pitch + k]`,
})

const weightType = (lanes: number): string => `uint${signBitsFor(lanes)}_t`

/** Bits that differ, of one filter or of two at a time, or of four where there are vectors. */
const mismatches = (vector: boolean): GeneratedFunction => ({
  name: vector ? 'add_mismatches_4' : 'add_mismatches',
  ...templated('c/functions/mismatches.c', {
    vector,
    condition: vector ? 'VECTORS' : '!defined(__riscv_zbb)',
    type: vector ? 'word4' : 'wide_word',
    suffix: vector ? '_4' : '',
    together: vector ? '4' : 'together',
    filters: vector
      ? '*(const word4 *)(weights + k * pitch + filter)'
      : '(together == 1 ? weights[k * pitch + filter] : *(const wide_word *)(weights + k * pitch + filter))',
    add: vector ? 'add_bytes_4' : 'add_bytes',
    arguments: vector ? 'counts + filter' : 'together, counts + filter',
  }),
  needs: [wideWords],
})

export const countMismatches = (lanes: number): GeneratedFunction => ({
  name: `count_mismatches_${lanes}`,
  ...templated('c/functions/count_mismatches.c', {
    ...lanesText(lanes),
    even: lanes % 2 === 0,
    quadLanes: lanes - (lanes % 4),
  }),
  needs: [mismatches(false), ...(lanes < 4 ? [] : [mismatches(true)])],
})

/** Vectors of sums that stay in registers: half of the sixteen that most machines have. */
const MOST_QUADS = 8

export function accumulate(lanes: number, xType: string): GeneratedFunction {
  const quads = Math.floor(lanes / 4)
  const perPass = Math.ceil(quads / Math.ceil(quads / MOST_QUADS))
  const passes = Array.from({ length: Math.ceil(quads / perPass) }, (_, k) => k * perPass)
  return {
    name: `accumulate${reading(xType).suffix}_${lanes}`,
    ...templated('c/functions/accumulate.c', {
      ...reading(xType),
      lanes,
      passes: passes.map((first, k) => ({
        totals: passes.length === 1 ? 'totals' : `totals_${k}`,
        quads: Math.min(perPass, quads - first),
        start: plus(`${first * 4}`),
      })),
      rest: lanes % 4,
      fourLanes: lanes - (lanes % 4),
    }),
    needs: [vectors],
  }
}

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
