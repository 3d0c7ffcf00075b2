import type { Graph } from '../src/ir/graph.ts'
import { allocate, elements, type Tensor, type TensorType } from '../src/ir/tensor.ts'
import { randomNumbers as seeded } from '../src/run/inputs.ts'

export { seeded }

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

/** Small integers over 8: sums and products of them are exact in f32, in any order. Never 0, so that signs are clear. */
export function dyadic(next: () => number, limit = 4): number {
  const value = Math.floor((next() * 2 - 1) * limit * 8) / 8
  return value === 0 ? 1 / 8 : value
}

/** Values for every input of a graph: dyadic floats, ids from 0 to 3, bits by chance. */
export function randomFeeds(graph: Graph, seed: number): Map<string, Tensor> {
  const next = seeded(seed)
  return new Map(
    graph.inputs.map(({ attrs, type }, i) => {
      const tensor = randomTensor(type, seed * 31 + i, 4)
      return [
        attrs.name,
        type.dtype === 'f32' ? { ...tensor, values: (tensor.values as Float32Array).map(() => dyadic(next)) } : tensor,
      ]
    }),
  )
}
