import { words } from '../backends/print/templates.generated.ts'

/** Words that mean something in C, C++, JavaScript or WGSL, and the names that generated code uses itself. */
const RESERVED = new Set(
  `alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl concept const consteval
  constexpr constinit const_cast continue co_await co_return co_yield decltype default delete do double dynamic_cast else
  enum explicit export extern false float for friend goto if inline int long mutable namespace new noexcept not not_eq
  nullptr operator or or_eq private protected public register reinterpret_cast requires restrict return short signed
  sizeof static static_assert static_cast struct switch template this thread_local throw true try typedef typeid typename
  union unsigned using virtual void volatile wchar_t while xor xor_eq typeof linux unix errno
  arguments async await debugger eval extends finally function implements import in instanceof interface let null of
  package super undefined var with yield
  alias array atomic bitcast const_assert continuing diagnostic discard enable f16 f32 fallthrough fn i32 loop override
  ptr sampler texture u32 vec2 vec3 vec4 mat2x2 mat3x3 mat4x4 workgroup storage uniform select main target module self
  memset memcpy memcmp isa complex math_errhandling i386 near far huge row_kinds column_kinds run run_traced tracer tracer_context traced t workspace constants base row done end`.split(
    /\s+/,
  ),
)

/** Whether C, C++, JavaScript and WGSL all take it as a name. */
export const isLegalName = (name: string): boolean =>
  /^[A-Za-z][A-Za-z0-9_]*$/.test(name) && !name.includes('__') && !RESERVED.has(name)

/**
 * Names that headers of some platform or compiler may define: macros are upper case (`INFINITY`, `INPUT`), types end in
 * `_t`, reentrant functions in `_r` and `_l`.
 */
const isOfHeaders = (name: string): boolean => /^[A-Z][A-Z0-9_]*$/.test(name) || /_[trl]$/.test(name)

/** Whether it is an identifier of the C templates, or one of a function that they make for several sizes. */
const isOfTemplates = (name: string): boolean =>
  (words as readonly string[]).some(word => name === word || name.startsWith(`${word}_`))

/** A legal identifier close to what an ONNX name says; `prefix` stands before what does not start with a letter. */
export function legalName(text: string, prefix: string, isLegal = isLegalName, longest = 80): string {
  const cleaned = text
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, longest)
    .replace(/_+$/, '')
  const started = /^[A-Za-z]/.test(cleaned) ? cleaned : [prefix, cleaned].filter(Boolean).join('_')
  return isLegal(started) ? started : `${started}_`
}

/**
 * Where a name occurs: as a parameter, which is also a word of its own in the header; as a constant, which is a member
 * of a struct or follows the model's name; as a call, which always follows it.
 */
export type Use = 'parameter' | 'constant' | 'call'
export type Namer = (text: string, prefix: string, use?: Use) => string

/** Hands out each legal name once; names that differ only in case count as one, because macros are upper case. */
export function createNamer(model = ''): Namer {
  const taken = new Set<string>()
  /** The first number that may be free behind a name: thousands of values can share an origin. */
  const next = new Map<string, number>()
  const isFree = (name: string, use: Use): boolean => {
    if (!isLegalName(name) || (use !== 'call' && isOfHeaders(name))) return false
    const whole = `${model}_${name}`
    // The public functions are called `MODEL_run…`.
    return (
      use === 'parameter' ||
      !(/^run(_|$)/.test(name) || RESERVED.has(whole) || isOfTemplates(whole) || isOfHeaders(whole))
    )
  }
  return (text, prefix, use = 'call') => {
    const isLegal = (name: string) => isFree(name, use)
    const wanted = legalName(text, prefix, isLegal)
    // Macros are made without the underscore that makes a name legal.
    const keyOf = (name: string) => name.toLowerCase().replace(/_$/, '')
    let name = wanted
    let count = next.get(wanted) ?? 2
    // Not cut once more: the number has to stay.
    for (; taken.has(keyOf(name)); count++)
      name = legalName(`${wanted.replace(/_$/, '')}_${count}`, prefix, isLegal, Infinity)
    next.set(wanted, count)
    taken.add(keyOf(name))
    return name
  }
}
