import { describe, expect, it } from 'vitest'
import { isas } from '../../../src/backends/backend.ts'
import { isasOf } from '../../../src/backends/c/index.ts'
import { arg, call, type Expr } from '../../../src/ir/expr.ts'
import type { Graph } from '../../../src/ir/graph.ts'
import { interpret } from '../../../src/ir/interpret.ts'
import { constant, create, input } from '../../../src/ir/node.ts'
import type { Ops } from '../../../src/ir/ops.ts'
import { bits, f32, i32, type Tensor } from '../../../src/ir/tensor.ts'
import { lower } from '../../../src/lower/index.ts'
import { type MachineName, machines } from '../../../src/run/machines.ts'
import { compileC, compilesFor, hasCompiler, hasMachine, type Settings } from '../../c-runner.ts'

const window = { stride: [1, 1], dilation: [1, 1], groups: 1, padding: [0, 0, 0, 0] } as const
const COLUMNS = 11

const fill = <T>(length: number, value: (i: number) => T): T[] => Array.from({ length }, (_, i) => value(i))

/** All bits of x are 1, and all weights of every other filter 0: counts are as large as can be. */
const binary = (filters: number, channels: number) => ({
  x: bits(
    [1, 1, COLUMNS, channels],
    fill(COLUMNS * channels, i => (i < 7 * channels || (i * 7) % 3 > 1 ? 1 : 0)),
  ),
  weights: bits(
    [filters, 1, 2, channels],
    fill(filters * 2 * channels, i => ((i / 2 / channels) & 1) * ((i % 5) & 1)),
  ),
  op: 'binaryConv2d' as const,
  thresholds: (sums: ArrayLike<number>) =>
    i32(
      [1, 1, 1, filters],
      fill(filters, f => sums[f]! + (f % 3) - 1),
    ),
})

const float = (filters: number, channels: number) => ({
  x: f32(
    [1, 1, COLUMNS, channels],
    fill(COLUMNS * channels, i => ((i * 5) % 17) - 8),
  ),
  weights: f32(
    [filters, 1, 2, channels],
    fill(filters * 2 * channels, i => (((i * 3) % 11) - 5) / 4),
  ),
  op: 'conv2d' as const,
  thresholds: (sums: ArrayLike<number>) =>
    f32(
      [1, 1, 1, filters],
      fill(filters, f => sums[f]! + ((f % 3) - 1) / 4),
    ),
})

/** Weights of 20 bits, so that there are coarse and fine ones. */
const integer = (filters: number) => ({
  x: {
    dtype: 'u8',
    shape: [1, 1, COLUMNS, 5],
    values: Uint8Array.from(fill(COLUMNS * 5, i => (i * 91) % 256)),
  } satisfies Tensor,
  weights: i32(
    [filters, 1, 2, 5],
    fill(filters * 10, i => ((i * 77_773) % 800_000) - 400_000),
  ),
  op: 'integerConv2d' as const,
  offsets: i32(
    [filters, 1, 2, 1],
    fill(filters * 2, i => i),
  ),
  thresholds: (sums: ArrayLike<number>) =>
    i32(
      [1, 1, 1, filters],
      fill(filters, f => sums[f]! + (f % 3) - 1),
    ),
})

type Case = ReturnType<typeof binary> | ReturnType<typeof float> | ReturnType<typeof integer>

function graphOf(
  { x, weights, op, ...rest }: Case,
  name: string,
  epilogue: Expr,
  thresholds: readonly Tensor[],
): Graph {
  const node = input('x', { dtype: x.dtype, shape: x.shape })
  const others = [...('offsets' in rest ? [rest.offsets] : []), ...thresholds].map(tensor =>
    constant(tensor, ['extra']),
  )
  const operands = [node, constant(weights, ['weights']), ...others] as const
  return {
    name,
    inputs: [node],
    outputs: [{ name: 'y', node: create(op, operands as Ops[typeof op]['operands'], { ...window, epilogue }, [name]) }],
  }
}

/** The sums as they are, and whether they reach a threshold that sums of the first pixel meet exactly or miss by one. */
function graphsOf(each: Case, name: string): Graph[] {
  const sums = graphOf(each, `${name}_sums`, arg(0), [])
  const { values } = interpret(sums, new Map([['x', each.x]])).get('y')!
  const thresholds = each.thresholds(values as ArrayLike<number>)
  return [sums, graphOf(each, `${name}_bits`, call('ge', arg(0), arg(1)), [thresholds])]
}

const cases = [
  [16, 700],
  [32, 5],
  [40, 700],
  [3, 9],
  [4, 33],
  [10, 700],
  [22, 70],
].flatMap(([filters, channels]) =>
  [binary, float, integer].map(make => ({
    each: make(filters!, channels!),
    name: `${make.name}_${filters}_${channels}`,
  })),
)

function agree(settings: Settings): void {
  const graphs = cases.flatMap(({ each, name }) => graphsOf(each, name).map(graph => ({ graph, x: each.x })))
  const plans = graphs.map(({ graph }) => lower(graph))
  const program = compileC(plans, settings)
  graphs.forEach(({ graph, x }, k) => {
    const feeds = new Map([['x', x]])
    const [sample] = program.run(plans[k]!, [feeds])
    expect(sample!.outputs.get('y')!.values, graph.name).toEqual(interpret(graph, feeds).get('y')!.values)
  })
}

describe('long sums and exact thresholds, whole vectors of filters and the rest', { timeout: 240_000 }, () => {
  for (const isa of isas) it.runIf(hasCompiler('gcc'))(isa, () => agree({ isa: [isa] }))
  for (const machine of Object.keys(machines) as MachineName[])
    for (const compiler of ['gcc', 'clang-22'] as const)
      if (compilesFor(machine, compiler))
        it.runIf(hasMachine(machine, compiler))(`${machine}, ${compiler}`, () => agree({ machine, compiler }))
})

it('says which sets a processor may have, the best first', () => {
  expect(isasOf('x64')).toEqual(['avx512', 'avx2', 'sse4', 'portable'])
  expect(isasOf('arm64')).toEqual(['neon', 'portable'])
  expect(isasOf('riscv64')).toEqual(['portable'])
  expect([...new Set([...isasOf('x64'), ...isasOf('arm64')])].sort()).toEqual([...isas].sort())
})
