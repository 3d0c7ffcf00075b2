import type { GeneratedFunction } from '../module.ts'
import type { PlainName } from '../print/template.ts'

const plain = (
  name: PlainName<'wgsl/functions', 'wgsl'>,
  ...needs: readonly GeneratedFunction[]
): GeneratedFunction => ({
  name,
  template: `wgsl/functions/${name}.wgsl` as const,
  context: {},
  needs,
})

/** Numbers that have no literal. */
export const infinity = plain('infinity')
export const notANumber = plain('not_a_number')

/** Taps of windows inside an image. */
export const tapsInside = plain('taps_inside')

/** Where the built-in functions do not do, on one value or four. */
export const powF32 = plain('pow_f32')
export const pow4 = plain('pow_4', powF32)
export const tanhF32 = plain('tanh_f32')
export const tanh4 = plain('tanh_4')
export const intI64 = plain('int_i64')
