import type { GeneratedFunction } from '../../module.ts'
import type { PlainName } from '../../print/template.ts'

const plain = (name: PlainName<'c/functions', 'c'>, ...needs: readonly GeneratedFunction[]): GeneratedFunction => ({
  name,
  template: `c/functions/${name}.c` as const,
  context: {},
  needs,
})

/** Taps of windows inside an image. */
export const firstTap = plain('first_tap')
export const endTap = plain('end_tap', firstTap)

export const clampInt = plain('clamp_int')

/** Packed bits. */
export const orBits = plain('or_bits')
export const orRun = plain('or_run', orBits)

/** Scalar functions that C has not, or not so. */
export const maxF32 = plain('max_f32')
export const minF32 = plain('min_f32')
export const maxI32 = plain('max_i32')
export const minI32 = plain('min_i32')
export const absI32 = plain('abs_i32')
export const notBelowF32 = plain('not_below_f32')
export const notAboveF32 = plain('not_above_f32')
export const addI32 = plain('add_i32')
export const subI32 = plain('sub_i32')
export const mulI32 = plain('mul_i32')
export const negI32 = plain('neg_i32')
export const sumRunF32 = plain('sum_run_f32')
export const signF32 = plain('sign_f32')
export const intF32 = plain('int_f32')
export const intI64 = plain('int_i64')

/** Types of four lanes, and whether there are any: no function, but needed like one. */
export const vectors = plain('vectors')
export const wideWords = plain('wide_words', vectors)
export const flipsOf4 = plain('flips_of_4', vectors)

/** Sums by tables. */
export const byteLanes = plain('byte_lanes', vectors)
export const makeTable = plain('make_table', byteLanes)
export const gatherTile = plain('gather_tile', byteLanes)
export const halfAt = plain('half_at', byteLanes)
