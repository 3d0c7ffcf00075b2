import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arg, call, type Expr, number } from '../../src/ir/expr.ts'
import { type Graph, topological } from '../../src/ir/graph.ts'
import { evaluateNode, interpret } from '../../src/ir/interpret.ts'
import { constant, create, input, type Node } from '../../src/ir/node.ts'
import type { Padding } from '../../src/ir/ops.ts'
import { f32, type Shape, type Tensor } from '../../src/ir/tensor.ts'
import { type Decision, runPasses } from '../../src/passes/pass.ts'
import { pipeline } from '../../src/passes/pipeline.ts'
import { integerFirstLayer } from '../../src/passes/requested/integer-first-layer.ts'
import { randomFeeds, seeded } from '../random.ts'
import { graphOf } from '../random-epilogues.ts'

const alone = [{ name: 'test', passes: [integerFirstLayer] }]
const window = { stride: [1, 1], dilation: [1, 1], padding: [0, 0, 0, 0], groups: 1, epilogue: arg(0) } as const

/** Trained weights, about: normal. */
function normal(shape: Shape, seed: number): Tensor {
  const next = seeded(seed)
  const size = shape.reduce((a, b) => a * b, 1)
  const values = Array.from({ length: size }, () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(6.2832 * next()))
  return f32(shape, values)
}

const perChannel = (values: readonly number[]): Node => constant(f32([1, values.length, 1, 1], values), ['x'])

/** (x / 255 - mean) / std of an NCHW image, as NHWC. */
function normalised(bytes: Node, seed: number): Node {
  const channels = bytes.type.shape[1]!
  const next = seeded(seed)
  const [mean, std] = [0, 0.2].map(least => Array.from({ length: channels }, () => least + next()))
  const expr = call('div', call('sub', call('div', call('float', arg(0)), number(255)), arg(1)), arg(2))
  const map = create('map', [bytes, perChannel(mean!), perChannel(std!)], { expr }, ['x'])
  return create('transpose', [map], { perm: [0, 2, 3, 1] }, ['c'])
}

const layer = fc
  .record({
    images: fc.constantFrom(1, 2),
    size: fc.tuple(fc.integer({ min: 5, max: 9 }), fc.integer({ min: 5, max: 12 })),
    channels: fc.constantFrom(1, 3, 4),
    groups: fc.constantFrom(1, 1, 2),
    filters: fc.integer({ min: 1, max: 5 }),
    kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    stride: fc.tuple(fc.constantFrom(1, 2), fc.constantFrom(1, 3)),
    dilation: fc.tuple(fc.constantFrom(1, 2), fc.constantFrom(1, 2)),
    padding: fc.tuple(...[0, 1, 2, 3].map(() => fc.constantFrom(0, 1, 3))),
    seed: fc.nat(),
  })
  .map(({ images, size, channels, groups, filters, kernel, stride, dilation, padding, seed }) => {
    const bytes = input('x', { dtype: 'u8', shape: [images, channels * groups, ...size] })
    const weights = constant(normal([filters * groups, ...kernel, channels], seed), ['c'])
    const attrs = { stride, dilation, padding: padding as unknown as Padding, groups, epilogue: arg(0) }
    return graphOf('layer', [bytes], [create('conv2d', [normalised(bytes, seed), weights], attrs, ['c'])])
  })

/** The layer in double precision, on what the model makes of the bytes in f32. */
function inDoubles(graph: Graph, feeds: ReadonlyMap<string, Tensor>): Float64Array {
  const node = graph.outputs[0]!.node as Node<'conv2d'>
  const { stride, dilation, padding, groups } = node.attrs
  const [image, weights] = node.operands
  const x = interpret({ ...graph, outputs: [{ name: 'x', node: image }] }, feeds).get('x')!
  const w = evaluateNode(weights, [])
  const [n, oh, ow, oc] = node.type.shape as [number, number, number, number]
  const [, h, width, c] = x.shape as [number, number, number, number]
  const [, kh, kw, depth] = w.shape as [number, number, number, number]
  const result = new Float64Array(n * oh * ow * oc)
  for (let at = 0; at < result.length; at++) {
    const [o, z, y, b] = [
      at % oc,
      Math.floor(at / oc) % ow,
      Math.floor(at / oc / ow) % oh,
      Math.floor(at / oc / ow / oh),
    ]
    for (let tap = 0; tap < kh * kw * depth; tap++) {
      const [k, j, i] = [tap % depth, Math.floor(tap / depth) % kw, Math.floor(tap / depth / kw)]
      const [sy, sx] = [y * stride[0] - padding[0] + i * dilation[0], z * stride[1] - padding[1] + j * dilation[1]]
      if (sy < 0 || sy >= h || sx < 0 || sx >= width) continue
      const channel = Math.floor(o / (oc / groups)) * depth + k
      result[at]! +=
        Number(x.values[((b * h + sy) * width + sx) * c + channel]) * Number(w.values[o * kh * kw * depth + tap])
    }
  }
  return result
}

function integer(graph: Graph): { graph: Graph; decision: Decision } {
  const { graph: after, decisions } = runPasses(graph, alone, { firstLayer: 'integer' })
  return { graph: after, decision: decisions[0]! }
}

/** Bytes that are all the same: borders and offsets show. */
const flat = (graph: Graph, byte: number): ReadonlyMap<string, Tensor> =>
  new Map(
    graph.inputs.map(({ attrs: { name }, type }) => {
      const values = new Uint8Array(type.shape.reduce((a, b) => a * b, 1)).fill(byte)
      return [name, { ...type, values }]
    }),
  )

describe('--first-layer integer', () => {
  it('stays within the bound that it reports, for any window', () => {
    fc.assert(
      fc.property(layer, graph => {
        const made = integer(graph)
        expect(made.decision.kind).toBe('integer')
        for (const feeds of [randomFeeds(graph, 1), randomFeeds(graph, 2), flat(graph, 0), flat(graph, 255)]) {
          const expected = inDoubles(graph, feeds)
          const actual = interpret(made.graph, feeds).get('result0')!.values
          expected.forEach((value, i) => {
            expect(Math.abs(Number(actual[i]) - value)).toBeLessThanOrEqual(made.decision.error!)
          })
        }
      }),
      { numRuns: 60 },
    )
  })

  it('is as fine as f32 nearly', () => {
    fc.assert(
      fc.property(layer, graph => {
        const { error } = integer(graph).decision
        const largest = Math.max(...inDoubles(graph, flat(graph, 255)).map(Math.abs), 1)
        expect(error).toBeLessThan(1e-4 * largest)
      }),
      { numRuns: 60 },
    )
  })

  it('is exact for weights of ±alpha on bytes as they are', () => {
    const bytes = input('x', { dtype: 'u8', shape: [1, 6, 6, 3] })
    const weights = f32(
      [4, 3, 3, 3],
      Float32Array.from(normal([4, 3, 3, 3], 5).values as Float32Array, value => Math.sign(value) * 0.1),
    )
    const pixels = create('map', [bytes], { expr: call('float', arg(0)) }, ['x'])
    const graph = graphOf('exact', [bytes], [create('conv2d', [pixels, constant(weights, ['c'])], window, ['c'])])
    const made = integer(graph)
    const feeds = randomFeeds(graph, 3)
    const expected = Float32Array.from(inDoubles(graph, feeds))
    expect(interpret(made.graph, feeds).get('result0')!.values).toEqual(expected)
  })

  it('turns a sign behind it into thresholds of the integer sum', () => {
    const bytes = input('x', { dtype: 'u8', shape: [1, 3, 8, 8] })
    const weights = constant(normal([8, 3, 3, 3], 9), ['c'])
    const conv = create('conv2d', [normalised(bytes, 4), weights], { ...window, padding: [1, 1, 1, 1] }, ['c'])
    const shift = constant(normal([1, 1, 1, 8], 10), ['b'])
    const scale = constant(normal([1, 1, 1, 8], 11), ['b'])
    const norm = create('map', [conv, scale, shift], { expr: call('add', call('mul', arg(0), arg(1)), arg(2)) }, ['b'])
    const sign = create('map', [norm], { expr: call('sign', arg(0)) }, ['s'])
    const last = create('conv2d', [sign, constant(f32([1, 8, 8, 8], new Float32Array(512).fill(1)), ['d'])], window, [
      'd',
    ])
    const graph = graphOf('signs', [bytes], [last])
    const after = runPasses(graph, pipeline, { firstLayer: 'integer' }).graph
    const first = topological(after).find(({ op }) => op === 'integerConv2d') as Node<'integerConv2d'>
    expect(first.type.dtype).toBe('bit')
    expect(first.attrs.epilogue).toEqual(call('ge', arg(0), arg(1)))
    expect(first.operands[3]?.type.dtype).toBe('i32')
    // Far from every threshold, which the values of a few images are, float and integer weights agree.
    const plain = runPasses(graph, pipeline).graph
    for (const seed of [1, 2, 3, 4]) {
      const feeds = randomFeeds(graph, seed)
      expect(interpret(after, feeds)).toEqual(interpret(plain, feeds))
    }
  })

  const refusal =
    (graph: Graph): (() => unknown) =>
    () =>
      integer(graph)
  const dense = (image: Node, size: number, filters = 2): Node =>
    create('conv2d', [image, constant(normal([filters, 1, 1, size], 7), ['/fc/Gemm'])], window, ['/fc/Gemm'])

  it('refuses a model without bytes, and says what to add', () => {
    const x = input('x', { dtype: 'f32', shape: [1, 1, 1, 4] })
    expect(refusal(graphOf('floats', [x], [dense(x, 4)]))).toThrow(/--first-layer integer.*--input-type u8/)
  })

  it('refuses bytes that no layer reads', () => {
    const x = input('x', { dtype: 'u8', shape: [1, 1, 1, 4] })
    const map = create('map', [x], { expr: call('float', arg(0)) }, ['x'])
    expect(refusal(graphOf('bytes', [x], [map]))).toThrow(/no convolution or dense layer reads the bytes/)
  })

  it.each<[string, Expr]>([
    ['a sign', call('sign', call('sub', call('float', arg(0)), number(127)))],
    ['a clamp', call('max', call('sub', call('float', arg(0)), number(127)), number(0))],
    ['a power', call('pow', call('div', call('float', arg(0)), number(255)), number(2.2))],
  ])('refuses %s of bytes, by the name of the layer', (_, expr) => {
    const x = input('x', { dtype: 'u8', shape: [1, 1, 1, 4] })
    const map = create('map', [x], { expr }, ['x'])
    expect(refusal(graphOf('bent', [x], [dense(map, 4)]))).toThrow(
      /'\/fc\/Gemm' cannot .* no linear function of the bytes/,
    )
  })

  it('refuses sums that would leave too few bits for the weights', () => {
    const size = 1 << 16
    const x = input('x', { dtype: 'u8', shape: [1, 1, 1, size] })
    const map = create('map', [x], { expr: call('float', arg(0)) }, ['x'])
    expect(refusal(graphOf('long', [x], [dense(map, size, 1)]))).toThrow(/'\/fc\/Gemm' cannot .* bits for a weight/)
  })
})
