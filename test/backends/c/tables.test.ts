import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { c } from '../../../src/backends/c/index.ts'
import { arg, call } from '../../../src/ir/expr.ts'
import type { Graph } from '../../../src/ir/graph.ts'
import { interpret } from '../../../src/ir/interpret.ts'
import { constant, create, input } from '../../../src/ir/node.ts'
import type { Padding } from '../../../src/ir/ops.ts'
import { i32 } from '../../../src/ir/tensor.ts'
import { lower } from '../../../src/lower/index.ts'
import { compileC, hasCompiler, hasMachine, SANITIZED, type Settings } from '../../c-runner.ts'
import { randomFeeds } from '../../random.ts'
import { dyadicTensor } from '../../random-epilogues.ts'

const range = (min: number, max: number) => fc.integer({ min, max })

/** Layers of a size for which tables are chosen; a border may be wider than the kernel. */
const layers = fc.record({
  height: fc.constantFrom(1, 3, 8, 13, 17),
  width: fc.constantFrom(9, 16, 20, 37),
  channels: fc.oneof(range(9, 70), range(200, 330)),
  filters: fc.oneof(range(17, 24), range(30, 70)),
  kernel: fc.tuple(range(1, 5), range(1, 5)),
  dilation: fc.tuple(fc.constantFrom(1, 1, 2), fc.constantFrom(1, 1, 2)),
  padding: fc.tuple(...[0, 1, 2, 3].map(() => range(0, 3))),
  seed: fc.integer(),
})

type Layer = typeof layers extends fc.Arbitrary<infer L> ? L : never

/** The sums as they are, and whether they reach a threshold that those of some pixel meet exactly or miss by one. */
function outputsOf({ height, width, channels, filters, kernel, dilation, padding, seed }: Layer, k: number) {
  const needed = (axis: 0 | 1) => Math.max(0, (kernel[axis] - 1) * dilation[axis] + 1 - [height, width][axis]!)
  const padded = [padding[0]!, padding[1]!, padding[2]! + needed(0), padding[3]! + needed(1)] as unknown as Padding
  const window = { stride: [1, 1], dilation, padding: padded, groups: 1 } as const
  const x = input(`x_${k}`, { dtype: 'bit', shape: [1, height, width, channels] })
  const weights = constant(dyadicTensor('bit', [filters, ...kernel, channels], seed), ['weights'])
  const sums = create('binaryConv2d', [x, weights], { ...window, epilogue: arg(0) }, ['layer'])
  const alone: Graph = { name: 'alone', inputs: [x], outputs: [{ name: 'y', node: sums }] }
  const { values } = interpret(alone, randomFeeds(alone, 1)).get('y')!
  const at = (values.length / filters) >> 1
  const thresholds = i32(
    [1, 1, 1, filters],
    Array.from({ length: filters }, (_, f) => (f % 7 === 6 ? 1e9 : Number(values[at * filters + f]!) + (f % 3) - 1)),
  )
  const epilogue = call('ge', arg(0), arg(1))
  const bits = create('binaryConv2d', [x, weights, constant(thresholds, ['t'])], { ...window, epilogue }, ['layer'])
  const outputs = [
    { name: `sums_${k}`, node: sums },
    { name: `bits_${k}`, node: bits },
  ]
  return { x, outputs }
}

const LAYERS = 6
const made = fc.sample(layers, { numRuns: LAYERS, seed: 3 }).map(outputsOf)
/** One network of all layers, because starting a compiler costs more than what it compiles. */
const graph: Graph = { name: 'layers', inputs: made.map(({ x }) => x), outputs: made.flatMap(({ outputs }) => outputs) }
const plan = lower(graph)
const feeds = [1, 2].map(seed => randomFeeds(graph, seed))
const expected = feeds.map(feed => interpret(graph, feed))

function agree(settings: Settings): void {
  compileC([plan], settings)
    .run(plan, feeds)
    .forEach(({ outputs }, sample) => {
      for (const [name, { values }] of expected[sample]!) expect(outputs.get(name)!.values, name).toEqual(values)
    })
}

const WORDS = ['-DVECTORS=0', '-DTABLES=1']

describe('layers by tables equal the interpreter', { timeout: 240_000 }, () => {
  it('are by tables', () => {
    const text = c.print(plan, { version: 'test' })[0]!.content as string
    // One of the layers is too small for them.
    expect(text.match(/static INLINE void \w+_by_tables\(/g)).toHaveLength(2 * (LAYERS - 1))
  })
  it.runIf(hasCompiler('gcc'))('vectors', () => agree({ isa: [] }))
  it.runIf(hasCompiler('gcc'))('SSE4', () => agree({ isa: ['sse4'] }))
  it.runIf(hasCompiler('clang-22'))('vectors by clang, under sanitizers', () =>
    agree({ compiler: 'clang-22', isa: [], flags: SANITIZED }),
  )
  it.runIf(hasCompiler('gcc'))('words under sanitizers', () => agree({ isa: [], flags: [...SANITIZED, ...WORDS] }))
  it.runIf(hasMachine('rv64gc', 'gcc'))('words of 8 bytes', () => agree({ machine: 'rv64gc', isa: [] }))
  it.runIf(hasMachine('armv7', 'gcc'))('words of 4 bytes', () =>
    agree({ machine: 'armv7', isa: [], flags: ['-O2', ...WORDS] }),
  )
})
