import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { f32 } from '../../src/ir/tensor.ts'
import { model, node } from '../onnx.ts'

/** Four signs, four filters: the second is the first again, the third is minus the first. */
const filters = [
  [1, 1, 1, 1],
  [1, 1, 1, 1],
  [-1, -1, -1, -1],
  [1, -1, 1, -1],
]
/** Sums: 4 4 -4 0; -4 -4 4 0; 0 0 0 4; 2 2 -2 2. The first of the largest is the prediction: 0, 2, 3, 0. */
const samples = [
  [1, 1, 1, 1],
  [-1, -1, -1, -1],
  [1, -1, 1, -1],
  [1, 1, 1, -1],
]
const labels = [0, 2, 3, 1]

/** What a report must say about it, computed by hand. */
export const expected = {
  plusShare: [3 / 4, 2 / 4, 3 / 4, 1 / 4],
  equal: [[0, 1]],
  opposite: [[0, 2]],
  distinct: 3,
  accuracy: 3 / 4,
  confusion: [
    [1, 0, 0, 0],
    [1, 0, 0, 0],
    [0, 0, 1, 0],
    [0, 0, 0, 1],
  ],
  /** Mean of log(sum of e^score) - score of the class. */
  loss:
    (Math.log(2 * Math.exp(4) + Math.exp(-4) + 1) -
      4 +
      (Math.log(2 * Math.exp(-4) + Math.exp(4) + 1) - 4) +
      (Math.log(3 + Math.exp(4)) - 4) +
      (Math.log(3 * Math.exp(2) + Math.exp(-2)) - 2)) /
    4,
}

/** A .npy file. `shape` is a tuple of Python without its parentheses. */
export function npy(descr: string, shape: string, values: ArrayBufferView): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }`.padEnd(117)
  const head = Buffer.from(`\x93NUMPY\x01\x00v\x00${header}\n`, 'latin1')
  return new Uint8Array(Buffer.concat([head, new Uint8Array(values.buffer)]))
}

/** Writes the network and its data set; returns their paths. */
export function writeTiny(folder: string): { model: string; data: string } {
  const paths = { model: join(folder, 'tiny.onnx'), data: join(folder, 'tiny.npz') }
  const bytes = model({
    inputs: { x: 'float[1,4]' },
    outputs: { y: 'float[1,4]' },
    initializers: { w: f32([4, 4], filters.flat()) },
    nodes: [node('Sign', ['x'], 'sign'), node('Gemm', ['sign', 'w'], 'y', { transB: 1 })],
  })
  writeFileSync(paths.model, bytes)
  const x = npy('<f4', '4, 4', Float32Array.from(samples.flat()))
  writeFileSync(paths.data, zipSync({ 'x.npy': x, 'y.npy': npy('|u1', '4,', Uint8Array.from(labels)) }))
  return paths
}
