import { describe, expect, it } from 'vitest'
import { wgsl } from '../../src/backends/wgsl/index.ts'
import { arg, call, type Expr } from '../../src/ir/expr.ts'
import type { Graph } from '../../src/ir/graph.ts'
import { interpret } from '../../src/ir/interpret.ts'
import { constant, create, input, type Node } from '../../src/ir/node.ts'
import { i32, type Tensor } from '../../src/ir/tensor.ts'
import { lower } from '../../src/lower/index.ts'
import { compileC, hasCompiler, SANITIZED } from '../c-runner.ts'
import { hasDriver, openDevice } from '../gpu.ts'
import { smallGraph } from '../small-graph.ts'
import { loadPlan } from '../wasm-runner.ts'
import { importLoader, joinFeeds } from '../wgsl-runner.ts'

const [least, most] = [-(2 ** 31), 2 ** 31 - 1]
const edges = [least, least + 1, -65536, -46341, -3, -1, 0, 1, 2, 46341, 65536, most - 1, most]
/** Every edge with every other. */
const left = i32(
  [169],
  edges.flatMap(value => edges.map(() => value)),
)
const right = i32(
  [169],
  edges.flatMap(() => edges),
)
const feeds = new Map<string, Tensor>([
  ['x', left],
  ['y', right],
])

const [x, y] = ['x', 'y'].map(name => input(name, { dtype: 'i32', shape: [169] })) as [Node<'input'>, Node<'input'>]

const expressions: Readonly<Record<string, Expr>> = {
  add: call('add', arg(0), arg(1)),
  sub: call('sub', arg(0), arg(1)),
  mul: call('mul', arg(0), arg(1)),
  neg: call('neg', arg(0)),
  abs: call('abs', arg(0)),
  max: call('max', arg(0), arg(1)),
  min: call('min', arg(0), arg(1)),
  increased: call('gt', call('add', arg(0), arg(1)), arg(0)),
  float: call('float', call('sub', arg(0), arg(1))),
  relu: call('max', arg(0), call('sub', arg(0), arg(0))),
  nested: call('abs', call('mul', call('neg', arg(0)), call('add', arg(1), arg(0)))),
}

function allArithmetic(): Graph {
  const maps = Object.entries(expressions).map(([name, expr]) => ({
    name,
    node: create('map', [x, y], { expr }, [`${name}_node`]),
  }))
  const sums = (['sum', 'max', 'min'] as const).map(kind => ({
    name: `reduce_${kind}`,
    node: create('reduce', [x], { kind, axes: [0], epilogue: arg(0) }, [`${kind}_all`]),
  }))
  const factor = constant(i32([1], [most]), ['factor'])
  const scaled = call('mul', arg(0), arg(1))
  const epilogue = create('reduce', [x, factor], { kind: 'sum', axes: [0], epilogue: scaled }, ['scaled_sum'])
  return { name: 'integers', inputs: [x, y], outputs: [...maps, ...sums, { name: 'scaled', node: epilogue }] }
}

describe('int32 arithmetic wraps around, as in the interpreter', () => {
  const graph = allArithmetic()
  const expected = interpret(graph, feeds)

  for (const compiler of ['gcc', 'clang-22'] as const)
    it
      .runIf(hasCompiler(compiler))
      .each([
        ['-O0'],
        ['-O1'],
        ['-O2'],
        ['-O3'],
        SANITIZED,
        ['-O3', '-fsanitize=undefined', '-fno-sanitize-recover=all'],
      ])(`${compiler} %s`, { timeout: 240_000 }, (...flags) => {
      const plan = lower(graph)
      const [sample] = compileC([plan], { compiler, flags }).run(plan, [feeds])
      for (const [name, { values }] of expected) expect(sample!.outputs.get(name)!.values, name).toEqual(values)
    })

  it('WASM', async () => {
    const actual = (await loadPlan(lower(graph)))(feeds)
    for (const [name, { values }] of expected) expect(actual.get(name)!.values, name).toEqual(values)
  })

  it.runIf(hasDriver('gles'))('WGSL', { timeout: 240_000 }, async () => {
    const device = await openDevice('gles')
    for (const { name, node } of graph.outputs) {
      const plan = lower({ ...graph, outputs: [{ name, node }] }, wgsl.lowering)
      const model = await (await importLoader(plan)).load({ device })
      const results = await model.run(joinFeeds(plan, [feeds]))
      const { values, dtype } = expected.get(name)!
      if (dtype !== 'bit') expect(results[name], name).toEqual(values)
      model.destroy()
    }
    device.destroy()
  })
})

describe('in C', () => {
  const wrapped = (graph: Graph): boolean =>
    lower(graph).steps.some(step => step.kind === 'call' && step.call.store.wraps)

  it('arithmetic whose operands are unknown is told to wrap', () => {
    expect(wrapped(allArithmetic())).toBe(true)
  })

  it('sums of bits, and what small constants make of them, stay plain', () => {
    const small = smallGraph()
    expect(wrapped(small)).toBe(false)
    const layer = small.outputs[0]!.node.operands[0] as Node<'binaryConv2d'>
    const [bits, weights] = layer.operands
    const epilogue = call('mul', call('add', arg(0), arg(1)), arg(1))
    const scaledBy = (last: number): Graph => {
      const factors = constant(i32([1, 1, 1, 5], [1, 2, 3, 4, last]), ['factors'])
      const node = create('binaryConv2d', [bits, weights, factors], { ...layer.attrs, epilogue }, ['sums'])
      return { ...small, outputs: [{ name: 'y', node }] }
    }
    expect(wrapped(scaledBy(5))).toBe(false)
    expect(wrapped(scaledBy(most))).toBe(true)
  })
})
