import type { GeneratedFunction } from '../module.ts'
import type { PlainName } from '../print/template.ts'

const plain = (
  file: PlainName<'wasm/functions', 'wat'>,
  name: string,
  ...needs: readonly GeneratedFunction[]
): GeneratedFunction => ({
  name,
  template: `wasm/functions/${file}.wat` as const,
  context: {},
  needs,
})

/** On four lanes. */
export const exp = plain('exp', '$f32x4.exp')
export const log = plain('log', '$f32x4.log')
export const tanh = plain('tanh', '$f32x4.tanh', exp)
export const pow = plain('pow', '$f32x4.pow', exp, log)

export const sign = plain('sign', '$f32x4.sign')
export const max = plain('max', '$f32x4.max')
export const min = plain('min', '$f32x4.min')

/** Taps of windows inside an image. */
export const tapFrom = plain('tap_from', '$tap.from')
export const tapsInside = plain('taps_inside', '$taps.inside', tapFrom)
