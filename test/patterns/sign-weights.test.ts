import { describe, expect, test } from 'vitest'
import { compile } from '../../src/compile.ts'
import { topological } from '../../src/ir/graph.ts'
import { elements, f32, numbersOf, type Tensor } from '../../src/ir/tensor.ts'
import { hasCompiler } from '../c-runner.ts'
import { model, type NodeSpec } from '../onnx.ts'
import { runOnnxruntime } from '../onnxruntime.ts'
import { dyadic, seeded } from '../random.ts'
import { loadPlan } from '../wasm-runner.ts'
import { type Compiled, compiled, runC } from './compiled.ts'

/** Layers that read floats and have weights of two values. */
interface Layer {
  readonly name: string
  /** Filters, channels of a group, kernel. */
  readonly shape: readonly [number, number, number, number]
  readonly alpha: (filter: number) => number
  readonly attrs?: NodeSpec['attrs']
  readonly how: string
}

const PLAIN = 'weights ±1: adds and subtracts'
const SCALED = 'adds and subtracts, then one multiplication'
const perFilter = (filter: number): number => [0.5, 1, 0.25, 2, 0.75][filter % 5]!

const layers: readonly Layer[] = [
  { name: '±1', shape: [16, 6, 3, 3], alpha: () => 1, attrs: { pads: [1, 0, 1, 2] }, how: PLAIN },
  { name: '±1, more filters than a word has bits', shape: [70, 6, 3, 3], alpha: () => 1, how: PLAIN },
  { name: '±1/2, strides', shape: [20, 6, 2, 3], alpha: () => 0.5, attrs: { strides: [2, 3] }, how: SCALED },
  { name: '±alpha per filter', shape: [9, 6, 3, 3], alpha: perFilter, attrs: { dilations: [2, 1] }, how: SCALED },
  { name: 'groups', shape: [10, 3, 3, 3], alpha: perFilter, attrs: { group: 2 }, how: SCALED },
  { name: 'depthwise', shape: [6, 1, 3, 3], alpha: perFilter, attrs: { group: 6, pads: [1, 1, 1, 1] }, how: SCALED },
  { name: 'dense', shape: [12, 6, 9, 9], alpha: () => 1, how: PLAIN },
]

/** A filter has weights of both signs. */
function weights({ shape, alpha }: Pick<Layer, 'shape' | 'alpha'>): Tensor {
  const next = seeded(shape[0])
  const size = elements(shape) / shape[0]
  const value = (_: unknown, i: number) => alpha(Math.floor(i / size)) * (i % size === 0 || next() < 0.5 ? 1 : -1)
  return f32(shape, Float32Array.from({ length: elements(shape) }, value))
}

const network = (layer: Layer, w = weights(layer)): Uint8Array =>
  model({
    inputs: { input: 'float[1,6,9,9]' },
    outputs: { y: 'float' },
    nodes: [
      { op: 'Conv', in: ['input', 'w', 'bias'], out: ['conv'], name: 'conv', attrs: layer.attrs ?? {} },
      { op: 'Relu', in: ['conv'], out: ['y'], name: 'relu' },
    ],
    initializers: { w, bias: f32([layer.shape[0]], new Float32Array(layer.shape[0]).fill(0.25)) },
  })

const feedsOf = (seed: number): ReadonlyMap<string, Tensor> => {
  const next = seeded(seed)
  const shape = [1, 6, 9, 9]
  return new Map([
    [
      'input',
      f32(
        shape,
        Float32Array.from({ length: elements(shape) }, () => dyadic(next)),
      ),
    ],
  ])
}

/** Types of the weights of all float convolutions. */
const weightTypes = ({ graph }: Compiled): string[] =>
  topological(graph).flatMap(node => (node.op === 'conv2d' ? [node.operands[1].type.dtype] : []))

describe('float layers with weights of ±alpha', () => {
  test.each(layers)('$name: bits', async layer => {
    const result = await compiled(network(layer))
    expect(weightTypes(result)).toEqual(['bit'])
    expect(result.decisions.at(-1)).toMatchObject({ kind: 'float', reason: expect.stringContaining(layer.how) })
  })

  test.runIf(hasCompiler('gcc'))('generated C and WASM equal onnxruntime', async () => {
    const feeds = feedsOf(1)
    const cases = await Promise.all(
      layers.map(async (layer, i) => ({ ...(await compiled(network(layer), `signs_${i}`)), feeds })),
    )
    const results = runC(cases)
    for (const [i, layer] of layers.entries()) {
      const expected = (await runOnnxruntime(network(layer), feeds)).get('y')!.values
      expect(results[i], layer.name).toEqual(expected)
      const run = await loadPlan(cases[i]!.plan)
      expect(numbersOf(run(feeds).get('y')!), layer.name).toEqual(expected)
    }
  })

  const scaled = (alpha: number): Layer => ({ ...layers[0]!, alpha: () => alpha })

  test('--weights exact keeps an alpha that rounds, and takes a power of two', async () => {
    const exact = { weights: 'exact' } as const
    const rounding = await compiled(network(scaled(0.3)), 'net', exact)
    expect(weightTypes(rounding)).toEqual(['f32'])
    expect(rounding.decisions.at(-1)!.reason).toContain('weights ±alpha: multiplied as floats, which round otherwise')
    expect(weightTypes(await compiled(network(scaled(0.3))))).toEqual(['bit'])
    expect(weightTypes(await compiled(network(scaled(0.25)), 'net', exact))).toEqual(['bit'])
  })

  test('weights with zeros stay floats, and say so', async () => {
    const plain = weights(layers[0]!)
    const zeros = f32(
      plain.shape,
      (plain.values as Float32Array).map((value, i) => (i % 7 === 1 ? 0 : value)),
    )
    const result = await compiled(network(layers[0]!, zeros))
    expect(weightTypes(result)).toEqual(['f32'])
    expect(result.decisions.at(-1)!.reason).toContain('weights ±1 or 0: multiplied as floats')
  })

  test.each(['c', 'wasm'] as const)('%s: a layer of floats, and a bit for each of its weights', async target => {
    const { summary } = await compile(network(layers[0]!), { target, name: 'net' })
    const [layer] = summary.layers
    expect(layer).toMatchObject({ kind: 'float', floatBytes: 16 * 54 * 4, bytes: (16 * 54) / 8 })
    expect(summary.totals).toMatchObject({ binaryLayers: 0, binaryMacs: 0 })
  })

  test('a box filter stays as it is', async () => {
    const box: Layer = { name: '', shape: [6, 1, 3, 3], alpha: () => 1, attrs: { group: 6 }, how: '' }
    const result = await compiled(network(box, f32(box.shape, new Float32Array(54).fill(1 / 9))))
    expect(weightTypes(result)).toEqual(['f32'])
    expect(result.decisions.at(-1)!.reason).not.toContain('weights')
  })
})
