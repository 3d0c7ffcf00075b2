import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Graph } from '../../src/ir/graph.ts'
import { interpret } from '../../src/ir/interpret.ts'
import { parse } from '../../src/ir/parse.ts'
import { print } from '../../src/ir/print.ts'
import { type Pass, type RunOptions, runPasses } from '../../src/passes/pass.ts'
import { pipeline } from '../../src/passes/pipeline.ts'
import { randomFeeds } from '../random.ts'

/**
 * One folder per pass, one pair of files per case: NAME.ir before, NAME.after.ir after. NAME.json has the options of a case
 * that wants some; those of --binarize make another function, whose values are not compared.
 */
export interface Sample {
  readonly pass: string
  readonly file: string
  readonly before: string
  /** The file that says what comes out of it. */
  readonly expected: string
  readonly options: RunOptions
}

export const passes: ReadonlyMap<string, Pass> = new Map(
  pipeline.flatMap(group => group.passes).map(pass => [pass.name, pass]),
)

export const foldersIn = (root: string): string[] =>
  readdirSync(root, { withFileTypes: true }).flatMap(entry => (entry.isDirectory() ? [entry.name] : []))

export function samplesIn(root: string): Sample[] {
  return foldersIn(root).flatMap(pass => {
    const files = readdirSync(join(root, pass)).filter(file => /^[^.]+\.ir$/.test(file))
    return files.map(file => {
      const path = (extension: string) => join(root, pass, file.replace('.ir', extension))
      const options: RunOptions = existsSync(path('.json')) ? JSON.parse(readFileSync(path('.json'), 'utf8')) : {}
      return { pass, file, before: readFileSync(path('.ir'), 'utf8'), expected: path('.after.ir'), options }
    })
  })
}

export const apply = ({ pass, options }: Sample, graph: Graph): Graph =>
  runPasses(graph, [{ name: 'test', passes: [passes.get(pass)!] }], options).graph

/** What is wrong with what a pass makes of a sample; nothing where all is well. */
export function complaint(sample: Sample): string | undefined {
  const before = parse(sample.before)
  const after = apply(sample, before)
  const text = print(after)
  if (text !== readFileSync(sample.expected, 'utf8')) return `not as in ${sample.expected}:\n${text}`
  if (print(parse(text)) !== text) return `reading it and printing it changes\n${text}`
  // What was asked for and is done is refused when it is asked for again.
  if (Object.keys(sample.options).length === 0 && apply(sample, after) !== after) return 'a second time changes more'
  if (sample.options.binarize !== undefined) return undefined
  const rounds = passes.get(sample.pass)!.rounds === true
  const seeds = Array.from({ length: 10 }, (_, seed) => seed)
  return seeds.map(seed => difference(before, after, seed, rounds)).find(found => found !== undefined)
}

function difference(before: Graph, after: Graph, seed: number, rounds: boolean): string | undefined {
  const feeds = randomFeeds(before, seed)
  const actual = interpret(after, feeds)
  for (const [name, { values }] of interpret(before, feeds)) {
    const found = actual.get(name)!.values
    for (let k = 0; k < values.length; k++) {
      const [a, b] = [Number(values[k]), Number(found[k])]
      const isEqual = rounds ? Math.abs(a - b) <= 1e-5 * Math.max(1, Math.abs(a)) : Object.is(a, b)
      if (!isEqual) return `${name}[${k}] was ${a} and is ${b}, seed ${seed}`
    }
  }
  return undefined
}
