import { render } from '../template.ts'

/** Functions that kernels may call, in the order in which they stand in a module. */
const FUNCTIONS = ['infinity', 'not_a_number', 'taps_inside', 'pow_f32', 'pow_4', 'tanh_f32', 'tanh_4', 'int_i64']

/** The texts of the functions that these kernels, or other such functions, call. */
export const functionsFor = (texts: readonly string[]): string[] =>
  FUNCTIONS.filter(name =>
    texts.some(text => text.includes(`${name}(`) || (name === 'pow_f32' && text.includes('pow_4('))),
  ).map(name => render(`wgsl/functions/${name}.wgsl`, {}).trim())
