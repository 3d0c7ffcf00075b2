import { describe, expect, it } from 'vitest'
import { arg, call, type Expr, number } from '../../../src/ir/expr.ts'
import type { Graph } from '../../../src/ir/graph.ts'
import { interpret } from '../../../src/ir/interpret.ts'
import { constant, create, input, type Node } from '../../../src/ir/node.ts'
import type { DType, Shape, Tensor } from '../../../src/ir/tensor.ts'
import { lower } from '../../../src/lower/index.ts'
import { callsOf } from '../../../src/plan/buffers.ts'
import { compileC, hasCompiler, SANITIZED } from '../../c-runner.ts'
import { dyadicTensor, graphOf } from '../../random-epilogues.ts'

const plain = { stride: [1, 1], dilation: [1, 1], padding: [0, 0, 0, 0] } as const
const sign = call('ge', arg(0), number(0.25))

type Windows = Pick<Node<'conv2d'>['attrs'], 'stride' | 'dilation' | 'padding'>

function layer(x: Node, dtype: 'f32' | 'bit', weights: Shape, epilogue: Expr, window: Windows = plain, extra?: Shape) {
  const operands = [x, constant(dyadicTensor(dtype, weights, 7), ['w'])] as const
  const extras = extra ? [constant(dyadicTensor(dtype === 'bit' ? 'i32' : 'f32', extra, 9), ['e'])] : []
  const attrs = { ...window, groups: 1, epilogue }
  return dtype === 'bit'
    ? create('binaryConv2d', [...operands, ...extras], attrs, ['conv'])
    : create('conv2d', [...operands, ...extras], attrs, ['conv'])
}

function maximum(x: Node, kernel: readonly [number, number], stride: readonly [number, number], epilogue: Expr) {
  return create('pool', [x], { ...plain, stride, kernel, kind: 'max', counted: [0, 0, 0, 0], epilogue }, ['pool'])
}

/** Of all of an image, with this epilogue. */
const over = (x: Node, epilogue: Expr = arg(0)) => maximum(x, [x.type.shape[1]!, x.type.shape[2]!], [1, 1], epilogue)

const image = (dtype: DType, shape: Shape) => input('x', { dtype, shape })

/** A row of bits that is convolved, and the largest sums kept. */
function words(length: number, filters: number, window: Windows, epilogue: Expr, extra?: (columns: number) => Shape) {
  const x = image('bit', [1, 1, length, 40])
  const weights = [filters, 1, 3, 40]
  const columns = layer(x, 'bit', weights, arg(0), window).type.shape[2]!
  const conv = layer(x, 'bit', weights, extra ? call('add', arg(0), arg(1)) : arg(0), window, extra?.(columns))
  return graphOf('words', [x], [over(conv, epilogue)])
}

/** Floats that are pooled, and of each row only signs and means of magnitudes stay. */
function means(channels: number) {
  const x = image('f32', [1, 16, 14, 2])
  const pool = maximum(layer(x, 'f32', [channels, 3, 3, 2], arg(0)), [2, 2], [2, 2], arg(0))
  const normal = (expr: Expr) => {
    const scale = constant(dyadicTensor('f32', [1, 1, 1, channels], 5), ['scale'])
    return create('map', [pool, scale], { expr }, ['normal'])
  }
  const bits = normal(call('ge', arg(0), arg(1)))
  const size = normal(call('abs', call('mul', arg(0), arg(1))))
  const mean = create('reduce', [size], { kind: 'mean', axes: [3], epilogue: arg(0) }, ['mean'])
  const conv = layer(bits, 'bit', [5, 3, 3, channels], call('float', arg(0)))
  return graphOf('means', [x], [conv, create('map', [mean], { expr: call('neg', arg(0)) }, ['shown'])])
}

const floats = (epilogue: Expr): Graph => {
  const x = image('f32', [1, 32, 5, 3])
  return graphOf('floats', [x], [over(layer(x, 'f32', [9, 3, 3, 3], arg(0)), epilogue)])
}

/** A convolution of a column alone, which is computed as if it were a row, unless padding at its left makes it wider. */
const column = (left: number): Graph => {
  const x = image('bit', [1, 37, 1, 33])
  const padded = { ...plain, padding: [2, left, 1, 0] } as const
  return graphOf('column', [x], [layer(x, 'bit', [50, 4, 1, 33], call('float', arg(0)), padded)])
}

const scaled = call('max', call('mul', call('float', arg(0)), number(0.5)), number(0))
const padded = { stride: [1, 2], dilation: [1, 1], padding: [0, 2, 0, 1] } as const
const perColumn = (columns: number): Shape => [1, 1, columns, 1]
/** Graphs, and how many bytes of workspace they may take. */
const cases: Readonly<Record<string, readonly [Graph, number]>> = {
  words: [words(120, 100, plain, scaled), 16 * 400 + 2 * 448],
  'words, fewer than a block': [words(150, 3, padded, arg(0)), 448],
  'words, padded': [words(133, 50, padded, call('ge', arg(0), call('neg', arg(0)))), 16 * 200 + 2 * 256],
  'words, an operand by columns': [words(75, 33, plain, scaled, perColumn), 3 * 1024],
  floats: [floats(arg(0)), 6 * 3 * 9 * 4 + 3 * 64],
  'floats to bits': [floats(sign), 6 * 3 * 9 * 4 + 3 * 64],
  means: [means(20), 7000],
  'means of more than a word': [means(40), 14000],
  column: [column(0), 0],
  'column, made wider': [column(2), 0],
}

describe.runIf(hasCompiler('gcc'))('rows that are passed on at once', { timeout: 240_000 }, () => {
  const graphs = Object.entries(cases).map(([name, [graph, bytes]], k) => ({
    name,
    graph: { ...graph, name: `g${k}` },
    bytes,
  }))
  const plans = graphs.map(({ graph }) => lower(graph, { chains: true }))
  const feedsOf = (special: boolean): Map<string, Tensor>[] =>
    graphs.map(({ graph: { inputs } }) => {
      const { dtype, shape } = inputs[0]!.type
      const x: Tensor = dyadicTensor(dtype, shape, 3)
      if (special && dtype === 'f32') (x.values as Float32Array).set([Number.NaN, -0, Infinity], 60)
      return new Map([['x', x]])
    })

  it.each([
    ['with sanitizers', { flags: SANITIZED, isa: [] }],
    ['AVX2', { isa: ['avx2'], flags: ['-O1'] }],
  ] as const)('equal the interpreter: %s', (_, settings) => {
    const program = compileC(plans, settings)
    for (const special of [false, true])
      feedsOf(special).forEach((feeds, k) => {
        const { name, graph } = graphs[k]!
        const [sample] = program.run(plans[k]!, [feeds])
        expect(sample!.outputs, name).toEqual(interpret(graph, feeds))
      })
  })

  it('take little memory', () => {
    for (const [k, { name, bytes }] of graphs.entries())
      expect(plans[k]!.workspaceBytes, name).toBeLessThanOrEqual(bytes)
    const followers = plans.map(({ steps }) => steps.flatMap(step => (step.kind === 'strip' ? step.followers : [])))
    expect(followers.map(list => list.map(({ kernel }) => kernel).join())).toEqual([
      ...Array(6).fill('map'),
      'map,map,reduce,map',
      'map,map,reduce,map',
      '',
      '',
    ])
    expect(plans.flatMap(({ steps }) => steps.flatMap(callsOf)).filter(({ kernel }) => kernel === 'fill')).toHaveLength(
      6,
    )
  })
})
