import { describe, expect, test } from 'vitest'
import { topological } from '../../src/ir/graph.ts'
import { interpret } from '../../src/ir/interpret.ts'
import { elements, f32, numbersOf, type Tensor } from '../../src/ir/tensor.ts'
import { type ModelSpec, model, type NodeSpec, node } from '../onnx.ts'
import { runOnnxruntime } from '../onnxruntime.ts'
import { dyadic, seeded } from '../random.ts'
import { type Feeds, targets } from '../targets.ts'
import { compiled } from './compiled.ts'

const scalar = (value: number) => f32([], [value])
const made = (shape: readonly number[], value: () => number) =>
  f32(shape, Array.from({ length: elements(shape) }, value))

const CHANNELS = 36

/** Weights of a few bits with a scale per filter, all powers of two: no sum rounds. */
function weights(shape: readonly number[], levels: readonly number[], seed: number): Tensor {
  const next = seeded(seed)
  const size = elements(shape.slice(1))
  const values = Array.from({ length: elements(shape) }, (_, i) => {
    const scale = 2 ** -(Math.floor(i / size) % 3)
    return scale * levels[Math.floor(next() * levels.length)]!
  })
  return f32(shape, values)
}

/** round(clip(x · s)) of these ends, times a scale: Brevitas and DoReFa alike. */
const quantiser = (x: string, low: number, high: number, out: string): Part => ({
  nodes: [
    node('Mul', [x, `${out}_s`], `${out}_scaled`),
    node('Clip', [`${out}_scaled`, `${out}_low`, `${out}_high`], `${out}_clipped`),
    node('Round', [`${out}_clipped`], `${out}_round`),
    node('Mul', [`${out}_round`, `${out}_back`], out),
  ],
  initializers: {
    [`${out}_s`]: scalar(2),
    [`${out}_low`]: scalar(low),
    [`${out}_high`]: scalar(high),
    [`${out}_back`]: scalar(0.25),
  },
})

type Part = Required<Pick<ModelSpec, 'initializers'>> & { readonly nodes: readonly NodeSpec[] }

/** quantiser, layer, norm with falling channels, quantiser, what stands between, layer. */
function network(activation: readonly [number, number], levels: readonly number[], between: Part['nodes'] = []) {
  const next = seeded(levels.length)
  const first = quantiser('x', ...activation, 'q')
  const second = quantiser('n', ...activation, 'r')
  const last = between.at(-1)?.out[0] ?? 'r'
  const filters = between.some(({ op }) => op === 'Concat') ? 2 * CHANNELS : CHANNELS
  return model({
    opset: 13,
    inputs: { x: `float[1,${CHANNELS},6,6]` },
    outputs: { y: 'float' },
    nodes: [
      ...first.nodes,
      node('Conv', ['q', 'w'], 'c', { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
      node('Mul', ['c', 'gamma'], 'm'),
      node('Add', ['m', 'beta'], 'n'),
      ...second.nodes,
      ...between,
      node('Conv', [last, 'v'], 'y', { kernel_shape: [2, 2], strides: [2, 2] }),
    ],
    initializers: {
      ...first.initializers,
      ...second.initializers,
      w: weights([CHANNELS, CHANNELS, 3, 3], levels, 1),
      v: weights([5, filters, 2, 2], levels, 2),
      gamma: made([1, CHANNELS, 1, 1], () => (next() < 0.4 ? -1 : 1) * 2 ** -Math.floor(4 + next() * 2)),
      beta: made([1, CHANNELS, 1, 1], () => dyadic(next)),
      nothing: { dtype: 'i64', shape: [8], values: new BigInt64Array(8).map((_, i) => (i === 2 || i === 7 ? 1n : 0n)) },
    },
  })
}

/** Equal numbers from the interpreter and WASM; from every target, C by each compiler too, where it is worth the time. */
async function expectEqual(bytes: Uint8Array, options = {}, everywhere = true) {
  const result = await compiled(bytes, 'net', options)
  const next = seeded(5)
  const [x] = result.graph.inputs
  const feeds: Feeds = new Map([['x', made(x!.type.shape, () => dyadic(next))]])
  const expected = Array.from((await runOnnxruntime(bytes, feeds)).get('y')!.values)
  for (const [name, run] of Object.entries(targets).filter(([name]) => everywhere || !name.includes('-O')))
    expect([name, numbersOf((await run(result.graph, feeds)).get('y')!)]).toEqual([name, expected])
  return result
}

const activations = {
  '1 bit': [0, 1],
  ternary: [-1, 1],
  '2 bits': [0, 3],
  '2 bits, signed': [-2, 1],
  '3 bits': [0, 7],
} as const
const kinds = {
  signs: [-1, 1],
  ternary: [-1, 0, 1],
  '2 bits': [-2, -1, 0, 1],
  '3 bits': [-3, -2, -1, 0, 1, 2, 3],
  'no zero': [-3, -1, 1, 3],
}

describe('values of a few bits: integers from one quantiser to the next, equal to onnxruntime', () => {
  const pairs = Object.entries(activations).flatMap(([name, ends]) =>
    Object.entries(kinds).map(([kind, levels]) => [name, kind, ends, levels] as const),
  )
  test.each(pairs)('%s before weights of %s', async (_, kind, ends, levels) => {
    const { graph, float, decisions } = await expectEqual(network(ends, levels), {}, kind === '2 bits')
    expect(decisions.map(({ kind }) => kind)).toEqual(['binary', 'binary'])
    expect(float).toBe(0)
    // Beside the first quantiser and the scale of the result.
    const floats = topological(graph).filter(
      ({ type, op }) => type.dtype === 'f32' && op !== 'constant' && op !== 'input',
    )
    expect(floats.filter(({ op }) => op === 'binaryConv2d' || op === 'pool').length).toBeLessThanOrEqual(1)
  })

  test.each([
    ['a maximum', [node('MaxPool', ['r'], 'p', { kernel_shape: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] })]],
    ['a concatenation', [node('Concat', ['q', 'r'], 'p', { axis: 1 })]],
    ['transposes', [node('Transpose', ['r'], 't', { perm: [0, 1, 3, 2] })]],
    ['a border of zeros', [node('Pad', ['r', 'nothing'], 'p')]],
  ])('%s between two layers of planes', async (_, between) => {
    const { float } = await expectEqual(network([0, 3], kinds['2 bits'], between))
    expect(float).toBe(0)
  })

  test('a residual sum of codes is float, its layers are planes', async () => {
    const { float } = await expectEqual(
      network([0, 3], kinds.signs, [
        node('Add', ['q', 'r'], 'sum'),
        ...quantiser('sum', 0, 3, 'p').nodes.map(each => ({
          ...each,
          in: each.in.map(name => name.replace(/^p_(s|low|high|back)$/, 'q_$1')),
        })),
      ]),
    )
    expect(float).toBe(0)
  })

  test('trained floats behind more than a sign stay what they are, with that reason', async () => {
    const next = seeded(8)
    const levels = Array.from({ length: 500 }, () => Math.fround(next() - 0.5))
    const { binary, decisions } = await compiled(network([0, 3], levels))
    expect(binary).toBe(0)
    expect(decisions[1]!.reason).toContain('its input takes more than two values')
  })
})

describe('a sign that keeps its zero', () => {
  const bytes = model({
    inputs: { x: 'float[3,40]' },
    outputs: { y: 'float' },
    nodes: [node('Round', ['x'], 'i'), node('Sign', ['i'], 's'), node('MatMul', ['s', 'w'], 'y')],
    opset: 13,
    initializers: {
      w: made(
        [40, 6],
        (
          next => () =>
            next() < 0.5 ? -1 : 1
        )(seeded(4)),
      ),
    },
  })
  test('--sign-zero exact: two planes, and nothing to warn of', async () => {
    const { binary, float, warnings } = await expectEqual(bytes, { signZero: 'exact' })
    expect([binary, float, warnings]).toEqual([2, 0, []])
  })
  test('by default it is +1, which is warned of', async () => {
    const { binary, warnings, graph } = await compiled(bytes)
    expect([binary, warnings.map(({ code }) => code)]).toEqual([1, ['sign-of-zero']])
    const zeros: Feeds = new Map([['x', made([3, 40], () => 0)]])
    expect(interpret(graph, zeros).get('y')!.values).not.toEqual((await runOnnxruntime(bytes, zeros)).get('y')!.values)
  })
})
