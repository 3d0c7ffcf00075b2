import { allocate, elements, type Tensor, type TensorType } from '../src/ir/tensor.ts'

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** A tensor of this type: floats in [-range, range), integers and pixels in [0, range), bits by chance. */
export function randomTensor(type: TensorType, seed: number, range = type.dtype === 'f32' ? 2 : 256): Tensor {
  const next = seeded(seed)
  const values = allocate(type.dtype, elements(type.shape))
  for (let i = 0; i < values.length; i++) {
    const value = next()
    if (type.dtype === 'f32') values[i] = (2 * value - 1) * range
    else if (type.dtype === 'i64') values[i] = BigInt(Math.floor(value * range))
    else values[i] = type.dtype === 'bit' ? Math.round(value) : Math.floor(value * range)
  }
  return { ...type, values }
}
