import { expect, test } from 'vitest'
import { elements, f32, type Tensor } from '../../src/ir/tensor.ts'
import { inBatches } from '../../src/verify/in-batches.ts'

const counting = (...shape: number[]): Tensor =>
  f32(
    shape,
    Float32Array.from({ length: elements(shape) }, (_, i) => i),
  )

test.each([
  [4, 1, 1],
  [4, 6, 2],
  [2, 6, 3],
  [3, 3, 1],
  [undefined, 5, 1],
])('a file for %s samples runs %i of them in %i runs', async (fixed, samples, expected) => {
  let runs = 0
  const x = counting(samples, 2)
  const outputs = await inBatches(new Map([['x', x]]), fixed, async feeds => {
    runs++
    const { shape, values } = feeds.get('x')!
    expect(shape).toEqual([fixed ?? samples, 2])
    return new Map([
      [
        'y',
        f32(
          shape,
          Float32Array.from(values as Float32Array, value => value + 1),
        ),
      ],
    ])
  })
  expect(runs).toBe(expected)
  expect(outputs.get('y')).toEqual(
    f32(
      x.shape,
      Float32Array.from(x.values as Float32Array, value => value + 1),
    ),
  )
})
