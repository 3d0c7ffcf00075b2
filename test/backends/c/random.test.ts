import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lower } from '../../../src/backends/lower.ts'
import { interpret } from '../../../src/ir/interpret.ts'
import { print } from '../../../src/ir/print.ts'
import { compileC, hasCompiler, SANITIZED, type Settings } from '../../c-runner.ts'
import { randomFeeds } from '../../random.ts'
import { randomGraphs } from '../../random-graphs.ts'

const SEEDS = [1, 2]

/** Many graphs in one program: starting a compiler costs more than what it compiles. */
function agree(count: number, seed: number, settings: Settings, strips: boolean): void {
  const graphs = fc
    .sample(randomGraphs, { numRuns: count, seed })
    .map((graph, k) => ({ ...graph, name: `${graph.name}_${k}` }))
  const plans = graphs.map(graph => {
    try {
      return lower(graph, { strips })
    } catch (error) {
      throw new Error(print(graph), { cause: error })
    }
  })
  const program = compileC(plans, settings)
  graphs.forEach((graph, k) => {
    const feeds = SEEDS.map(each => randomFeeds(graph, each))
    const actual = program.run(plans[k]!, feeds)
    feeds.forEach((feed, sample) => {
      const expected = interpret(graph, feed)
      for (const [name, { values }] of expected)
        expect(actual[sample]!.outputs.get(name)!.values, `${name} of\n${print(graph)}`).toEqual(values)
    })
  })
}

/** XNORC_RANDOM=10 tries ten times as many graphs. */
const times = Number(process.env.XNORC_RANDOM ?? 1)

describe('random graphs in C equal the interpreter', { timeout: 120_000 * times }, () => {
  it.runIf(hasCompiler('gcc'))('gcc', () => agree(80 * times, 1, { compiler: 'gcc' }, true))
  it.runIf(hasCompiler('clang-22'))('clang, without strips', () =>
    agree(60 * times, 2, { compiler: 'clang-22', flags: ['-O3', '-march=native'] }, false),
  )
  it.runIf(hasCompiler('gcc'))('sanitizers', () => agree(50 * times, 3, { compiler: 'gcc', flags: SANITIZED }, true))
  it.runIf(hasCompiler('gcc'))('arrays instead of vectors', () =>
    agree(30 * times, 6, { compiler: 'gcc', flags: ['-O2', '-DVECTORS=0'] }, true),
  )
  it.runIf(hasCompiler('g++'))('as C++', () => agree(30 * times, 4, { compiler: 'g++', flags: ['-O1'] }, true))
  it.runIf(hasCompiler('clang++-22'))('as C++ by clang', () =>
    agree(30 * times, 5, { compiler: 'clang++-22', flags: ['-O1'] }, true),
  )
})
