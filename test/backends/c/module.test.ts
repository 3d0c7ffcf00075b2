import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { c } from '../../../src/backends/c/index.ts'
import { arg, call } from '../../../src/ir/expr.ts'
import type { Graph } from '../../../src/ir/graph.ts'
import { interpret } from '../../../src/ir/interpret.ts'
import { constant, create, input } from '../../../src/ir/node.ts'
import { f32, type Tensor } from '../../../src/ir/tensor.ts'
import { lower } from '../../../src/lower/index.ts'
import { compileC, hasCompiler, SANITIZED } from '../../c-runner.ts'
import { dyadicTensor } from '../../random-epilogues.ts'
import { smallGraph } from '../../small-graph.ts'

const files = (graph: Graph) =>
  c.print(lower(graph), { version: '0.0.0', commandLine: '--target c' }) as { path: string; content: string }[]

describe('generated C', () => {
  it('is what the golden files say; npm run golden writes them', () => {
    const folder = join(import.meta.dirname, '../golden/small/c')
    for (const { path, content } of files(smallGraph())) {
      if (process.env.UPDATE_GOLDEN === '1' && process.env.CI !== 'true') {
        mkdirSync(folder, { recursive: true })
        writeFileSync(join(folder, path), content)
      }
      expect(content).toBe(readFileSync(join(folder, path), 'utf8'))
    }
  })

  it('is the same whenever it is printed', () => expect(files(smallGraph())).toEqual(files(smallGraph())))

  it('keeps its numbers of bytes', () => {
    const plan = lower(smallGraph())
    const { constantBytes, calls } = c.measure(plan)
    expect(constantBytes).toBe(calls.reduce((sum, each) => sum + each.constantBytes, 0))
    const printed = files(smallGraph())[0]!.content.matchAll(/static const \w+ \w+\[(\d+)\]/g)
    expect(constantBytes).toBe([...printed].reduce((sum, [, length]) => sum + 4 * Number(length), 0))
  })

  it.runIf(hasCompiler('gcc'))('computes what the interpreter does', () => {
    const graph = smallGraph()
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
