import type { DType } from '../../ir/tensor.ts'
import type { Element } from '../../plan/plan.ts'
import { inComment } from '../print/foreign-text.ts'

export const cType: Readonly<Record<Element, string>> = {
  f32: 'float',
  i32: 'int32_t',
  u32: 'uint32_t',
  u8: 'uint8_t',
  i8: 'int8_t',
  i64: 'int64_t',
}

/** Type of a scalar in an expression; bits are small integers there. */
export const scalarType = (dtype: DType): string => (dtype === 'bit' ? 'uint32_t' : cType[dtype])

/** `row * 2 - 1`, without what changes nothing. */
export function linear(variable: string, factor: number, offset: number): string {
  const product = times(variable, factor)
  if (offset === 0) return product
  if (product === '0') return `${offset}`
  return `${product} ${offset < 0 ? '-' : '+'} ${Math.abs(offset)}`
}

/** `text * 3`, without what changes nothing. */
export const times = (text: string, factor: number): string =>
  factor === 1 || text === '0' ? text : `${text} * ${factor}`

export const sumText = (a: string, b: string): string => (a === '0' ? b : `${a}${plus(b)}`)

export const inParentheses = (text: string): string => (text.includes(' ') ? `(${text})` : text)

/** ` + text`, where that adds anything. */
export const plus = (text: string): string => (text === '0' ? '' : ` + ${text}`)

/** `i * 12 + j`: the element at these indices, `offset` from the start. */
export function indexText(variables: readonly string[], strides: readonly number[], offset = 0): string {
  const terms = variables.flatMap((variable, k) => {
    const stride = strides[k]!
    if (stride === 0 || variable === '0') return []
    if (stride === 1) return [variable]
    return [`${variable.includes(' ') ? `(${variable})` : variable} * ${stride}`]
  })
  if (offset !== 0) terms.unshift(String(offset))
  return terms.join(' + ') || '0'
}

/** A comment of lines of at most 118 columns. */
export function comment(lines: readonly string[]): string {
  const wrapped = lines.flatMap(line => wrap(inComment(line)))
  if (wrapped.length === 1) return `/* ${wrapped[0]} */`
  return ['/*', ...wrapped.map(line => ` * ${line}`), ' */'].join('\n')
}

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
