import { describe, expect, test } from 'vitest'
import { interpret } from '../../src/ir/interpret.ts'
import { elements, f32, numbersOf, type Tensor } from '../../src/ir/tensor.ts'
import { hasCompiler } from '../c-runner.ts'
import { model } from '../onnx.ts'
import { runOnnxruntime } from '../onnxruntime.ts'
import { randomTensor, seeded } from '../random.ts'
import { aroundLayers } from './around-layers.ts'
import { codesOf, compiled, runC } from './compiled.ts'
import { type Layer, layers as plainLayers } from './layers.ts'

const layers = [...plainLayers, ...aroundLayers]

const network = ({ nodes, initializers, input, opset }: Layer): Uint8Array =>
  model({
    inputs: { x: input ?? 'float[1,4,7,7]' },
    outputs: { y: 'float' },
    nodes,
    initializers,
    opset: opset ?? 13,
  })

/** Odd multiples of 1/16, never 0; or bytes, some of them 0. */
function feed({ input }: Layer, seed: number): ReadonlyMap<string, Tensor> {
  const shape = input?.includes('7,7,4') ? [1, 7, 7, 4] : [1, 4, 7, 7]
  if (input?.startsWith('uint8')) {
    const pixels = randomTensor({ dtype: 'u8', shape }, seed, 4)
    return new Map([['x', pixels]])
  }
  const next = seeded(seed)
  const values = Float32Array.from({ length: elements(shape) }, () => (2 * Math.floor(next() * 32 - 16) + 1) / 32)
  return new Map([['x', f32(shape, values)]])
}

function compare(actual: readonly number[], expected: readonly number[], { tolerance, name }: Layer): void {
  if (tolerance === undefined) expect(actual, name).toEqual(expected)
  else
    actual.forEach((value, i) => {
      expect(Math.abs(value - expected[i]!), name).toBeLessThanOrEqual(tolerance * (1 + Math.abs(value)))
    })
}

describe('layers', () => {
  test.each(layers)('$name', async layer => {
    const bytes = network(layer)
    const result = await compiled(bytes)
    expect([result.binary, codesOf(result).filter(code => code !== 'sign-of-zero')]).toEqual([layer.binary, []])
    for (const seed of [1, 2]) {
      const feeds = feed(layer, seed)
      const expected = (await runOnnxruntime(bytes, feeds)).get('y')!.values
      compare(numbersOf(interpret(result.graph, feeds).get('y')!), expected, layer)
    }
  })

  test.runIf(hasCompiler('gcc'))('generated C equals onnxruntime', { timeout: 480_000 }, async () => {
    const cases = await Promise.all(
      layers.map(async (layer, i) => ({ ...(await compiled(network(layer), `layer_${i}`)), feeds: feed(layer, 3) })),
    )
    const results = runC(cases)
    for (const [i, layer] of layers.entries()) {
      const expected = (await runOnnxruntime(network(layer), cases[i]!.feeds)).get('y')!.values
      compare(results[i]!, expected, layer)
    }
  })
})
