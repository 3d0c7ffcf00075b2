import { describe, expect, test } from 'vitest'
import { readModel } from '../../src/frontend/index.ts'
import { interpret } from '../../src/ir/interpret.ts'
import { elements, f32, numbersOf, type Tensor } from '../../src/ir/tensor.ts'
import { hasCompiler } from '../c-runner.ts'
import { model } from '../onnx.ts'
import { runOnnxruntime } from '../onnxruntime.ts'
import { seeded } from '../random.ts'
import { type Activation, activations } from './activations.ts'
import { codesOf, compiled, runC } from './compiled.ts'

const SHAPE = [1, 8, 5, 5]

/** Eighths, never 0 unless asked for: Sign(0) has a test of its own. */
function eighths(seed: number, shape: readonly number[], zeros = false): Tensor {
  const next = seeded(seed)
  const values = Float32Array.from(
    { length: elements(shape) },
    () => Math.floor(next() * 48 - 24) / 8 + (zeros ? 0 : 1 / 16),
  )
  return f32(shape, values)
}

const signs = (seed: number, shape: readonly number[], scale = 1): Tensor => {
  const next = seeded(seed)
  return f32(
    shape,
    Float32Array.from({ length: elements(shape) }, () => (next() < 0.5 ? -scale : scale)),
  )
}

/** The activation between BN (as Mul and Add) and a padded convolution with weights ±1/2; it also feeds an average. */
const network = ({ nodes, initializers, domains, opset }: Activation) =>
  model({
    inputs: { input: 'float[1,8,5,5]' },
    outputs: { y: 'float' },
    nodes: [
      { op: 'Mul', in: ['input', 'gain'], out: ['scaled'], name: 'gain' },
      { op: 'Add', in: ['scaled', 'shift'], out: ['x'], name: 'shift' },
      ...nodes,
      { op: 'Conv', in: ['s', 'w'], out: ['conv'], name: 'conv', attrs: { pads: [1, 1, 1, 1] } },
      {
        op: 'AveragePool',
        in: ['s'],
        out: ['mean'],
        name: 'mean',
        attrs: { kernel_shape: [2, 2], pads: [0, 0, 1, 1], count_include_pad: 1 },
      },
      { op: 'Add', in: ['conv', 'mean'], out: ['y'], name: 'sum' },
    ],
    initializers: {
      gain: f32([1, 8, 1, 1], [1, 2, 0.5, -1, 1, -2, 1, 1]),
      shift: f32([1, 8, 1, 1], [0.25, 0.5, -0.25, 1, 0.125, -0.5, 0, 0]),
      w: signs(3, [8, 8, 3, 3], 0.5),
      ...initializers,
    },
    ...(domains ? { domains } : {}),
    ...(opset ? { opset } : {}),
  })

describe('binary activations', () => {
  const all = activations.map((activation, i) => ({ ...activation, bytes: network(activation), id: `activation_${i}` }))

  test.each(all)('$name: one binary layer, and the values of the interpreter', async ({ bytes, id, warnings }) => {
    const { graph: imported } = await readModel(bytes)
    const result = await compiled(bytes, id)
    expect({ binary: result.binary, float: result.float, warnings: codesOf(result) }).toEqual({
      binary: 1,
      float: 0,
      warnings: warnings ?? [],
    })
    for (const seed of [1, 2, 3]) {
      const feeds = new Map([['input', eighths(seed, SHAPE)]])
      const [expected, actual] = [imported, result.graph].map(graph => [...interpret(graph, feeds).values()][0]!)
      expect(numbersOf(actual!)).toEqual(numbersOf(expected!))
    }
  })

  test.runIf(hasCompiler('gcc'))(
    'generated C equals onnxruntime, or the interpreter for custom operators',
    async () => {
      const cases = await Promise.all(
        all.map(async ({ bytes, id }) => ({
          ...(await compiled(bytes, id)),
          feeds: new Map([['input', eighths(4, SHAPE)]]),
        })),
      )
      const results = runC(cases)
      for (const [i, { bytes, custom, name }] of all.entries()) {
        const { feeds } = cases[i]!
        const { graph } = await readModel(bytes)
        const expected = custom
          ? numbersOf([...interpret(graph, feeds).values()][0]!)
          : [...(await runOnnxruntime(bytes, feeds)).values()][0]!.values
        expect(results[i], name).toEqual(expected)
      }
    },
  )
})
