import { render } from '../template.ts'

/** Functions that kernels may call, in the order in which they stand in a module. */
const FUNCTIONS = ['infinity', 'taps_inside', 'pow_f32', 'tanh_f32']

/** The texts of the functions that these kernels call. */
export const functionsFor = (texts: readonly string[]): string[] =>
  FUNCTIONS.filter(name => texts.some(text => text.includes(`${name}(`))).map(name =>
    render(`wgsl/functions/${name}.wgsl`, {}).trim(),
  )
