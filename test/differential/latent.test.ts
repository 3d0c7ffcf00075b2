import { describe, expect, test } from 'vitest'
import { topological } from '../../src/ir/graph.ts'
import type { Node } from '../../src/ir/node.ts'
import { optimise } from '../plan.ts'
import { isMissing, readShared } from '../shared.ts'

const constantsOf = async (path: string): Promise<Node<'constant'>[]> =>
  topological(await optimise(readShared(path), 'net')).filter(node => node.op === 'constant')

/** The trained float weights and alpha·sign(W) of one network: the compiler computes the alphas of the first. */
describe.each(['lenet5', 'nin', 'textcnn'])('%s', model => {
  const latent = `models/${model}.latent.onnx`
  test.skipIf(isMissing(latent))('latent and binary weights give the same bits and thresholds', async () => {
    const expected = await constantsOf(`models/${model}.binary.onnx`)
    const actual = await constantsOf(latent)
    expect(actual.map(({ type }) => type)).toEqual(expected.map(({ type }) => type))
    for (const [i, { type, attrs }] of expected.entries()) {
      const { values } = actual[i]!.attrs.value
      if (type.dtype !== 'f32') expect(Buffer.compare(bytesOf(values), bytesOf(attrs.value.values))).toBe(0)
      else expect(distance(values as Float32Array, attrs.value.values as Float32Array)).toBeLessThanOrEqual(1e-6)
    }
  })
})

const bytesOf = ({ buffer, byteOffset, byteLength }: Node<'constant'>['attrs']['value']['values']) =>
  Buffer.from(buffer, byteOffset, byteLength)

/** Largest relative difference. */
const distance = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, value, i) => (value === b[i] ? most : Math.max(most, Math.abs(value / b[i]! - 1))), 0)
