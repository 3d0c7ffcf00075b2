import type { Buffer } from './plan.ts'

const COLUMNS = 120

/** Shortest decimal that reads back to the same f32, whether it is read as f32 or as f64 first. */
export function decimalF32(value: number): string {
  if (Object.is(value, -0)) return '-0'
  for (let digits = 1; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)))
    if (Math.fround(Number(text)) === value && !isMidpoint(Number(text))) return text
  }
  return String(Number(value.toPrecision(9)))
}

/** Halfway between two f32, where reading in one step may round otherwise than in two. */
function isMidpoint(value: number): boolean {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, value)
  return (bits.getUint32(4) & 0x1fffffff) === 0x10000000
}

export function cFloat(value: number): string {
  if (value === Infinity) return 'INFINITY'
  if (value === -Infinity) return '-INFINITY'
  const text = decimalF32(value)
  return /[.e]/.test(text) ? `${text}f` : `${text}.0f`
}

/** C reads `-2147483648` as a minus before a number that is no int. */
export const cInt = (value: number): string => (value === -2147483648 ? '(-2147483647 - 1)' : String(value))

export const hexWord = (value: number): string => `0x${(value >>> 0).toString(16).padStart(8, '0')}u`

/** The values of a constant as C literals. */
export function cLiterals(data: Extract<Buffer['place'], { kind: 'constant' }>['data'] | Int16Array): string[] {
  if (data instanceof Float32Array) return Array.from(data, cFloat)
  if (data instanceof Uint32Array) return Array.from(data, hexWord)
  return Array.from(data, cInt)
}

/** Literals separated by commas, on indented lines of at most 120 columns. */
export function wrapLiterals(literals: readonly string[], indent: string): string {
  const lines: string[] = []
  let line = indent
  for (const literal of literals) {
    if (line.length + literal.length + 1 > COLUMNS) {
      lines.push(line.trimEnd())
      line = indent
    }
    line += `${literal}, `
  }
  return [...lines, line.trimEnd().replace(/,$/, '')].join('\n')
}
