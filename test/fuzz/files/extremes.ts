import type { Choices } from '../choices.ts'

const INTEGERS: readonly bigint[] = [
  ...[0n, 1n, -1n, 2n, 3n, -2n, 4n, 5n, 7n, 8n, 31n, 32n, 33n, 64n, 255n, 256n, 1000n, -128n],
  ...[2n ** 15n, 2n ** 16n, 2n ** 20n, 2n ** 24n, 2n ** 26n + 1n, 2n ** 28n, 2n ** 31n - 1n, 2n ** 31n, -(2n ** 31n)],
  ...[2n ** 32n - 1n, 2n ** 32n, 2n ** 53n, 2n ** 62n, 2n ** 63n - 1n, -(2n ** 63n), -(2n ** 31n) - 1n],
]

/** An integer of a file: small ones most often, for they are what gets far. */
export const extremeInteger = (c: Choices): bigint =>
  c.pick(3) === 0 ? BigInt(c.pick(9)) : INTEGERS[c.pick(INTEGERS.length)]!

/** The same near what was there. */
export function otherInteger(c: Choices, old: bigint): bigint {
  const near = [old + 1n, old - 1n, old * 2n, -old, old / 2n]
  return c.pick(3) === 0 ? near[c.pick(near.length)]! : extremeInteger(c)
}

const FLOATS = [0, -0, 1, -1, Number.NaN, Infinity, -Infinity, 1e-45, 1e-38, 3.4e38, -3.4e38, 1e-3, 2 ** 31, 0.5]

export const extremeFloat = (c: Choices): number => FLOATS[c.pick(FLOATS.length)]!

export const bytesOfFloat = (value: number): Uint8Array => new Uint8Array(Float32Array.of(value).buffer)

/** Names that mean something to a compiler, to JavaScript, to a shell or a terminal, and some that are hardly names. */
const NAMES: readonly string[] = [
  ...['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'prototype', 'length', 'valueOf', '__defineGetter__'],
  ...['int', 'float', 'main', 'restrict', 'NULL', 'INFINITY', 'EOF', 'errno', 'memcpy', 'static_assert', '_Bool'],
  ...['await', 'class', 'import', 'default', 'eval', 'arguments', 'let', 'enum', 'globalThis', 'Object'],
  ...['fn', 'var', 'f32', 'vec4f', 'array', 'loop', 'override', 'workgroup', 'ptr', '_', '__', 'memory', 'export'],
  ...[
    '',
    ' ',
    '0',
    '1x',
    '-1',
    'a b',
    'a.b',
    'a/b',
    'a::b',
    "it's",
    '"',
    '`',
    '$' + '{x}',
    '\\',
    '*/',
    '/*',
    '//',
    '??/',
  ],
  ...[
    '\0',
    'a\0b',
    '\n',
    'a\nb',
    '\r',
    '\u2028',
    '\ufeff',
    '\x1b[31m',
    'ü',
    '变量',
    '😀',
    'e\u0301',
    '\u202e',
    'x',
    'X',
  ],
  ...['../x', '/etc/passwd', 'CON', '%s%n', '$(id)', '</script>', 'x'.repeat(300), 'y'.repeat(5000), 'ü'.repeat(200)],
]

export const extremeName = (c: Choices): string => NAMES[c.pick(NAMES.length)]!

/** Attributes that operators have, with the kind of value that they take: integers, or one. */
export const ATTRIBUTES = [
  ...(['strides', 'pads', 'dilations', 'kernel_shape', 'perm', 'axes', 'output_shape', 'output_padding'] as const),
  ...(['split', 'axis', 'group', 'ceil_mode', 'keepdims', 'to', 'transA', 'transB', 'mode', 'auto_pad'] as const),
  ...(['count_include_pad', 'size', 'blocksize', 'k', 'largest', 'batch_dims', 'allowzero', 'exclusive'] as const),
  ...(['start', 'end', 'value', 'value_ints', 'storage_order', 'noop_with_empty_axes', 'select_last_index'] as const),
]

/** Where data beside the model may be said to lie. */
export const LOCATIONS: readonly string[] = [
  ...['weights.bin', 'short.bin', 'absent.bin', '../weights.bin', '/etc/hostname', '', '.', 'folder', 'link.bin'],
  ...['a/../weights.bin', './weights.bin', 'weights.bin\0', 'C:\\weights.bin', '\\\\host\\x', 'folder/../../x', 'pipe'],
]
