import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { interpret } from '../../../src/ir/interpret.ts'
import { print } from '../../../src/ir/print.ts'
import { lower } from '../../../src/lower/index.ts'
import { type MachineName, machines } from '../../../src/run/machines.ts'
import { compileC, compilesFor, hasCompiler, hasMachine, SANITIZED, type Settings } from '../../c-runner.ts'
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
      return lower(graph, { strips, chains: true })
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

/** XNORC_RANDOM=10 tries ten times as many graphs; `npm run fuzz` tries other ones every day. */
const times = Number(process.env.XNORC_RANDOM ?? 1)

describe('random graphs in C equal the interpreter', { timeout: 240_000 * times }, () => {
  it.runIf(hasCompiler('gcc'))('gcc', () => agree(30 * times, 1, { compiler: 'gcc' }, true))
  it.runIf(hasCompiler('clang-22'))('clang, without strips', () =>
    agree(15 * times, 2, { compiler: 'clang-22', flags: ['-O3', '-march=native'] }, false),
  )
  it.runIf(hasCompiler('gcc'))('sanitizers', () => agree(20 * times, 3, { compiler: 'gcc', flags: SANITIZED }, true))
  it.runIf(hasCompiler('gcc'))('arrays instead of vectors', () =>
    agree(10 * times, 6, { compiler: 'gcc', flags: ['-O2', '-DVECTORS=0'] }, true),
  )
  it.runIf(hasCompiler('gcc'))('portable code alone', () => agree(15 * times, 7, { compiler: 'gcc', isa: [] }, true))
  it.runIf(hasCompiler('gcc'))('AVX2', () => agree(20 * times, 8, { compiler: 'gcc', isa: ['avx2'] }, true))
  it.runIf(hasCompiler('clang-22'))('AVX2 under sanitizers', () =>
    agree(10 * times, 9, { compiler: 'clang-22', flags: SANITIZED, isa: ['avx2'] }, true),
  )
  it.runIf(hasCompiler('gcc'))('SSE4', () => agree(20 * times, 10, { compiler: 'gcc', isa: ['sse4'] }, true))
  it.runIf(hasCompiler('clang-22'))('SSE4 under sanitizers', () =>
    agree(10 * times, 11, { compiler: 'clang-22', flags: SANITIZED, isa: ['sse4'] }, true),
  )
  it.runIf(hasCompiler('g++'))('as C++', () => agree(10 * times, 4, { compiler: 'g++', flags: ['-O1'] }, true))
  it.runIf(hasCompiler('clang++-22'))('as C++ by clang', () =>
    agree(10 * times, 5, { compiler: 'clang++-22', flags: ['-O1'] }, true),
  )
  for (const [k, machine] of (Object.keys(machines) as MachineName[]).entries())
    for (const compiler of ['gcc', 'clang-22'] as const)
      if (compilesFor(machine, compiler))
        it.runIf(hasMachine(machine, compiler))(`${machine}, ${compiler}`, () =>
          agree(12 * times, 20 + k, { compiler, machine }, true),
        )
})
