import type { Buffer } from '../../plan/plan.ts'

const COLUMNS = 120

/** Shortest decimal that reads back to the same f32, whether it is read as f32 or as f64 first. */
export function decimalF32(value: number): string {
  if (value < 0 || Object.is(value, -0)) return `-${decimalF32(-value)}`
  // Six digits tell normal numbers apart, so a shorter form is that of six with zeros at its end, which nobody prints.
  for (let digits = value < SMALLEST_NORMAL ? 1 : 6; digits < 9; digits++) {
    const rounded = roundTo(digits, value)
    if (Math.fround(rounded) === value && !isMidpoint(rounded)) return String(rounded)
  }
  return String(roundTo(9, value))
}

const SMALLEST_NORMAL = 2 ** -126

/** Powers of ten that are exact. */
const POWERS = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent)

/** The f64 nearest to a positive value's first decimal digits. `toPrecision` does the same, ten times as slowly. */
function roundTo(digits: number, value: number): number {
  const shift = digits - 1 - Math.floor(Math.log10(value))
  const power = POWERS[Math.abs(shift)]
  if (power === undefined) return Number(value.toPrecision(digits))
  return shift < 0 ? Math.round(value / power) * power : Math.round(value * power) / power
}

/** Halfway between two f32, where reading in one step may round otherwise than in two. */
function isMidpoint(value: number): boolean {
  scratch.setFloat64(0, value)
  return (scratch.getUint32(4) & 0x1fffffff) === 0x10000000
}

const scratch = new DataView(new ArrayBuffer(8))

export function cFloat(value: number): string {
  if (value === Infinity) return 'INFINITY'
  if (value === -Infinity) return '-INFINITY'
  if (Number.isNaN(value)) return 'NAN'
  const text = decimalF32(value)
  return Number.isInteger(value) && !text.includes('e') ? `${text}.0f` : `${text}f`
}

/** In WAT, which has words for what no decimal says. */
export function watFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (Number.isFinite(value)) return decimalF32(value)
  return value > 0 ? 'inf' : '-inf'
}

/** C reads `-2147483648` as a minus before a number that is no int. */
export const cInt = (value: number): string => (value === -2147483648 ? '(-2147483647 - 1)' : String(value))

export const hexWord = (value: number, digits = 8): string => `0x${(value >>> 0).toString(16).padStart(digits, '0')}u`

/** What prints a value of such a constant in C. */
export function cLiteral(
  data: Extract<Buffer['place'], { kind: 'constant' }>['data'] | Int16Array | Uint16Array,
): (value: number) => string {
  if (data instanceof Float32Array) return cFloat
  if (data instanceof Uint16Array) return word => hexWord(word, 4)
  return data instanceof Uint32Array ? word => hexWord(word) : cInt
}

/** Literals of all values, separated by commas, on indented lines of at most 120 columns. */
export function wrapLiterals(values: ArrayLike<number>, print: (value: number) => string, indent: string): string {
  const lines: string[] = []
  let line = indent
  for (let i = 0; i < values.length; i++) {
    const literal = print(values[i]!)
    if (line.length + literal.length + 1 > COLUMNS) {
      lines.push(line.trimEnd())
      line = indent
    }
    line += `${literal}, `
  }
  return [...lines, line.trimEnd().replace(/,$/, '')].join('\n')
}
