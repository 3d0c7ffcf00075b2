/**
 * `bit` means {-1, +1}: +1 is stored as 1, -1 as 0. `u8`, `i8` and `i64` are what inputs may bring (pixels, quantized
 * values, token ids); expressions only convert them, 64-bit ones clamped to 32 bits, as constants are.
 */
export type DType = 'f32' | 'i32' | 'bit' | 'u8' | 'i8' | 'i64'
export type Shape = readonly number[]

export interface TensorType {
  readonly dtype: DType
  readonly shape: Shape
}

export type Values = Float32Array | Int32Array | Uint8Array | Int8Array | BigInt64Array

/** Unpacked values in row-major order, one entry per element, bits too. */
export interface Tensor extends TensorType {
  readonly values: Values
}

export const elements = (shape: Shape): number => shape.reduce((product, size) => product * size, 1)

const [LEAST, MOST] = [-(2 ** 31), 2 ** 31 - 1]

/** The nearest number that 32 bits hold, without its fraction; 0 for what is no number. */
export const toInt32 = (value: number): number => Math.trunc(Math.min(Math.max(value, LEAST), MOST)) || 0

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis])

export const sameType = (a: TensorType, b: TensorType): boolean => a.dtype === b.dtype && sameShape(a.shape, b.shape)

export const showType = ({ dtype, shape }: TensorType): string => `${dtype}[${shape.join(',')}]`

export function allocate(dtype: DType, length: number): Values {
  switch (dtype) {
    case 'f32':
      return new Float32Array(length)
    case 'i32':
      return new Int32Array(length)
    case 'i8':
      return new Int8Array(length)
    case 'i64':
      return new BigInt64Array(length)
    case 'bit':
    case 'u8':
      return new Uint8Array(length)
  }
}

export const f32 = (shape: Shape, values: ArrayLike<number>): Tensor => ({
  dtype: 'f32',
  shape,
  values: values instanceof Float32Array ? values : Float32Array.from(values),
})

export const i32 = (shape: Shape, values: ArrayLike<number>): Tensor => ({
  dtype: 'i32',
  shape,
  values: Int32Array.from(values),
})

export const bits = (shape: Shape, values: ArrayLike<number>): Tensor => ({
  dtype: 'bit',
  shape,
  values: Uint8Array.from(values),
})

/** The values as plain numbers, bits as 0 and 1. */
export const numbersOf = ({ values }: Tensor): number[] =>
  Array.from<number | bigint, number>(values as ArrayLike<number>, Number)

/** Whether there is no NaN and no infinity: a large network's weights are looked at often, so without a call for each. */
export function allFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (values[i]! - values[i]! !== 0) return false
  return true
}

/** Whether all are 0 or 1. */
export function allBits(values: Uint8Array): boolean {
  let all = 0
  for (let i = 0; i < values.length; i++) all |= values[i]!
  return all <= 1
}

/** Whether a transpose moves nothing but axes of size 1, so that the elements stay in order. */
export function keepsOrder(shape: Shape, perm: readonly number[]): boolean {
  const moved = perm.filter(axis => shape[axis] !== 1)
  return moved.every((axis, i) => i === 0 || axis > moved[i - 1]!)
}

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length)
  let step = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step
    step *= shape[axis]!
  }
  return strides
}

/** Strides that read a tensor of shape `from` as if it had shape `to` (same rank; axes of size 1 repeat). */
export const broadcastStrides = (from: Shape, to: Shape): number[] =>
  stridesOf(from).map((stride, axis) => (from[axis] === 1 && to[axis] !== 1 ? 0 : stride))

export const broadcastsTo = (from: Shape, to: Shape): boolean =>
  from.length === to.length && from.every((size, axis) => size === 1 || size === to[axis])

/**
 * For every position of `shape` in row-major order, the flat index into a tensor with these strides, starting at
 * `start`. The one loop behind broadcasting, transposing, slicing and padding.
 */
export function indicesOf(shape: Shape, strides: readonly number[], start = 0): Int32Array {
  const result = new Int32Array(elements(shape))
  let filled = 1
  result[0] = start
  // Grow from the innermost axis: each axis repeats what is filled so far, shifted by its stride.
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    for (let i = 1; i < shape[axis]!; i++)
      for (let k = 0; k < filled; k++) result[i * filled + k] = result[k]! + i * strides[axis]!
    filled *= shape[axis]!
  }
  return result
}
