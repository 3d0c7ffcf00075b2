import type { DType } from '../../ir/tensor.ts'
import type { Element } from '../../plan/plan.ts'
import { inComment } from '../print/foreign-text.ts'

/** How elements lie in a storage buffer: bytes widened to a word each, 64-bit integers as (low, high). */
export const storedType: Readonly<Record<Element, string>> = {
  f32: 'f32',
  i32: 'i32',
  u32: 'u32',
  u8: 'u32',
  i8: 'i32',
  i64: 'vec2u',
}

export const storedBytes: Readonly<Record<Element, number>> = { f32: 4, i32: 4, u32: 4, u8: 4, i8: 4, i64: 8 }

/** Four values of an expression. */
export const vectorType: Readonly<Record<DType, string>> = {
  f32: 'vec4f',
  i32: 'vec4i',
  bit: 'vec4<bool>',
  u8: 'vec4u',
  i8: 'vec4i',
  i64: 'vec4i',
}

/** Type of a scalar in an expression. */
export const scalarType: Readonly<Record<DType, string>> = {
  f32: 'f32',
  i32: 'i32',
  bit: 'bool',
  u8: 'u32',
  i8: 'i32',
  i64: 'i32',
}

/**
 * Words that WGSL keeps for itself (names.ts has most of them), built-in functions and types that kernels use, which a
 * name of the model would hide, and names of the module frame.
 */
const TAKEN = new Set(
  `abs bool bitcast ceil clamp countOneBits exp floor log max min pow round select sign sqrt tanh transpose array
  vec2 vec3 vec4 vec2u vec3u vec4u vec2i vec3i vec4i vec2f vec3f vec4f atomicMax workgroupBarrier arrayLength
  active as asm_fragment async attribute await become cast coherent column_major common compile compile_fragment crate
  debugger demote demote_to_helper external fallthrough filter final finally from fxgroup get groupshared highp impl
  layout lowp macro macro_rules match mediump meta mod move mut nil noexcept noinline nointerpolation non_coherent
  noncoherent noperspective null of package packoffset partition pass patch pixelfragment precise precision premerge
  priv pub readonly ref regardless resource self set shared smooth snorm std subroutine trait type unless unorm unsafe
  unsized use varying wgsl where writeonly requires
  samples faults taps_inside pow_f32 tanh_f32 pow_4 tanh_4 infinity not_a_number int_i64`.split(/\s+/),
)

export type Namer = (wanted: string) => string

/** Hands out names for one module, each once; they differ in more than case for the sake of some drivers. */
export function createModuleNamer(): Namer {
  const taken = new Set([...TAKEN].map(name => name.toLowerCase()))
  return wanted => {
    let name = wanted
    for (let count = 2; taken.has(name.toLowerCase()); count++) name = `${wanted}_${count}`
    taken.add(name.toLowerCase())
    return name
  }
}

/** `row * 2 - 1`, without what changes nothing. */
export function linear(variable: string, factor: number, offset: number): string {
  const product = factor === 1 ? variable : `${variable} * ${factor}`
  if (offset === 0) return product
  return `${product} ${offset < 0 ? '-' : '+'} ${Math.abs(offset)}`
}

/** `i * 12 + j`: the element at these indices, `offset` from the start. */
export function indexText(variables: readonly string[], strides: readonly number[], offset = 0): string {
  const terms = variables.flatMap((variable, k) => {
    const stride = strides[k]!
    if (stride === 0) return []
    if (stride === 1) return [variable]
    const factor = variable.includes(' ') && !variable.startsWith('(') ? `(${variable})` : variable
    return [stride < 0 ? `${factor} * (${stride})` : `${factor} * ${stride}`]
  })
  if (offset !== 0) terms.unshift(String(offset))
  return terms.join(' + ') || '0'
}

/** Line comments of at most 120 columns. */
export const comment = (lines: readonly string[]): string =>
  lines
    .flatMap(line => wrap(inComment(line)))
    .map(line => `// ${line}`)
    .join('\n')

function wrap(line: string): string[] {
  const result: string[] = []
  let rest = line
  while (rest.length > 115) {
    const cut = rest.lastIndexOf(' ', 115)
    const at = cut > 4 ? cut : 115
    result.push(rest.slice(0, at))
    rest = `  ${rest.slice(at).trimStart()}`
  }
  return [...result, rest]
}
