import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { c } from '../../../src/backends/c/index.ts'
import { lower } from '../../../src/backends/lower.ts'
import { arg, call } from '../../../src/ir/expr.ts'
import type { Graph } from '../../../src/ir/graph.ts'
import { interpret } from '../../../src/ir/interpret.ts'
import { constant, create, input } from '../../../src/ir/node.ts'
import { f32, i32, type Tensor } from '../../../src/ir/tensor.ts'
import { compileC, hasCompiler, SANITIZED } from '../../c-runner.ts'
import { dyadicTensor } from '../../random-epilogues.ts'

const window = { stride: [1, 1], dilation: [1, 1], padding: [1, 1, 1, 1] } as const
const dense = { ...window, padding: [0, 0, 0, 0] } as const

/** A small network of the usual kind: float convolution, sign, pool, binary layer with thresholds, dense layer. */
function small(): Graph {
  const origin = (name: string) => [`/features/${name}`]
  const x = input('image', { dtype: 'f32', shape: [1, 6, 6, 2] })
  const bias = constant(dyadicTensor('f32', [1, 1, 1, 4], 2), ['bias'])
  const weights = constant(dyadicTensor('f32', [4, 3, 3, 2], 1), ['0.weight'])
  const sum = call('max', call('add', arg(0), arg(1)), { fn: 'number', value: 0 })
  const first = create('conv2d', [x, weights, bias], { ...window, groups: 1, epilogue: sum }, origin('0/Conv'))
  const pooling = { ...dense, stride: [2, 2], kind: 'max', kernel: [2, 2], counted: [0, 0, 0, 0] } as const
  const epilogue = call('ge', arg(0), arg(1))
  const threshold = constant(f32([1, 1, 1, 4], [1, 2, -1, 0.5]), ['threshold'])
  const pool = create('pool', [first, threshold], { ...pooling, epilogue }, origin('2/MaxPool'))
  const signs = constant(dyadicTensor('bit', [5, 3, 3, 4], 3), ['3.weight'])
  const limits = constant(i32([1, 1, 1, 5], [0, 2, -3, 1, 4]), ['3.limit'])
  const binary = create('binaryConv2d', [pool, signs, limits], { ...window, groups: 1, epilogue }, origin('3/Conv'))
  const last = constant(dyadicTensor('bit', [3, 3, 3, 5], 4), ['fc.weight'])
  const alpha = constant(f32([1, 1, 1, 3], [0.5, 0.25, 2]), ['alpha'])
  const scaled = call('mul', call('float', arg(0)), arg(1))
  const logits = create('binaryConv2d', [binary, last, alpha], { ...dense, groups: 1, epilogue: scaled }, ['/fc/Gemm'])
  return { name: 'small', inputs: [x], outputs: [{ name: 'logits', node: logits }] }
}

const files = (graph: Graph) =>
  c.print(lower(graph), { version: '0.0.0', options: '--target c' }) as { path: string; content: string }[]

describe('generated C', () => {
  it('is what the golden files say; npm run golden writes them', () => {
    const folder = join(import.meta.dirname, '../golden/small/c')
    for (const { path, content } of files(small())) {
      if (process.env.UPDATE_GOLDEN === '1' && process.env.CI !== 'true') {
        mkdirSync(folder, { recursive: true })
        writeFileSync(join(folder, path), content)
      }
      expect(content).toBe(readFileSync(join(folder, path), 'utf8'))
    }
  })

  it('is the same whenever it is printed', () => expect(files(small())).toEqual(files(small())))

  it('keeps its numbers of bytes', () => {
    const plan = lower(small())
    const { constantBytes, calls } = c.measure(plan)
    expect(constantBytes).toBe(calls.reduce((sum, each) => sum + each.constantBytes, 0))
    const printed = files(small())[0]!.content.matchAll(/static const \w+ \w+\[(\d+)\]/g)
    expect(constantBytes).toBe([...printed].reduce((sum, [, length]) => sum + 4 * Number(length), 0))
  })

  it.runIf(hasCompiler('gcc'))('computes what the interpreter does', () => {
    const graph = small()
    const plan = lower(graph)
    const feeds = [1, 2, 3].map(seed => new Map([['image', dyadicTensor('f32', [1, 6, 6, 2], seed)]]))
    const results = compileC([plan], { flags: SANITIZED }).run(plan, feeds)
    feeds.forEach((feed, k) => {
      expect(results[k]!.outputs).toEqual(interpret(graph, feed))
    })
  })

  it.runIf(hasCompiler('gcc'))('returns 1 and zeroes where an index is out of range', () => {
    const tokens = input('tokens', { dtype: 'i64', shape: [2] })
    const table = constant(f32([3, 2], [1, 2, 3, 4, 5, 6]), ['table'])
    const rows = create('gather', [table, tokens], {}, ['embedding'])
    const graph = { name: 'lookup', inputs: [tokens], outputs: [{ name: 'rows', node: rows }] }
    const ids = (...values: bigint[]): Map<string, Tensor> =>
      new Map([['tokens', { dtype: 'i64', shape: [2], values: BigInt64Array.from(values) }]])
    const plan = lower(graph)
    const results = compileC([plan], { flags: SANITIZED }).run(plan, [
      ids(2n, 0n),
      ids(0n, 3n),
      ids(-1n, 0n),
      ids(1n << 40n, 0n),
    ])
    expect(results.map(({ status }) => status)).toEqual([0, 1, 1, 1])
    expect(results.map(({ outputs }) => [...(outputs.get('rows')!.values as Float32Array)])).toEqual([
      [5, 6, 1, 2],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ])
  })

  it.runIf(hasCompiler('gcc'))('takes any names, and inputs that nobody reads', () => {
    const names = ['int', 'class', 'row', 'x', 'X', 'größe', '1', 'base']
    const inputs = names.map(name => input(name, { dtype: 'f32', shape: [2] }))
    const sum = inputs
      .slice(1)
      .reduce<Parameters<typeof create>[1][number]>(
        (a, b) => create('map', [a, b], { expr: call('add', arg(0), arg(1)) }, ['*/ add \\']),
        create('map', [inputs[1]!], { expr: call('neg', arg(0)) }, ['memcpy']),
      )
    const outputs = [
      { name: 'run', node: sum },
      { name: 'again', node: sum },
      { name: 'echo', node: inputs[2]! },
    ]
    const graph: Graph = { name: 'while', inputs, outputs }
    const plan = lower(graph)
    const feed = new Map(names.map((name, k) => [name, f32([2], [k, 1])]))
    for (const compiler of ['gcc', 'g++'] as const)
      expect(compileC([plan], { compiler }).run(plan, [feed])[0]!.outputs).toEqual(interpret(graph, feed))
  })
})
