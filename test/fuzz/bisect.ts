import { readModel } from '../../src/frontend/index.ts'
import { CompileError } from '../../src/ir/diagnostic.ts'
import { interpret } from '../../src/ir/interpret.ts'
import { print } from '../../src/ir/print.ts'
import type { PassResult } from '../../src/passes/pass.ts'
import { namesOfZeros, optimised } from './check.ts'
import { differenceFrom } from './difference.ts'
import { enclose } from './enclosure.ts'
import { zerosOf } from './latitude.ts'
import { encode, feedsOf, type Network } from './network.ts'

/** The rewrite after which a network is wrong, counted as `--rewrite-limit` counts. */
export interface Culprit {
  readonly rewrite: number
  readonly pass: string
  readonly before: string
  readonly after: string
}

/** More than any small network needs. */
const MOST = 2 ** 12

/**
 * The first rewrite without which the result would be right, by bisection; none where the passes are right, or where
 * even no rewrite is too many.
 */
export async function bisect(network: Network): Promise<Culprit | undefined> {
  const imported = await readModel(encode(network), { name: 'net' })
  const samples = feedsOf(network)
  // A network that no pass gets through has no warnings, and nothing but errors to look for.
  const warned = warnedOf(() => optimised(imported).result)
  const expected = samples.map(feeds =>
    enclose(imported.graph, feeds, { zeroIsPlus: zerosOf(imported.graph, feeds, warned) }),
  )
  const run = (rewriteLimit: number) => {
    const { result, steps } = optimised(imported, { rewriteLimit })
    return { graph: result.graph, pass: steps.at(-1)?.pass ?? 'import' }
  }
  const isWrong = (rewriteLimit: number): boolean => {
    try {
      const { graph } = run(rewriteLimit)
      return samples.some((feeds, sample) => differenceFrom(expected[sample]!, interpret(graph, feeds)))
    } catch (error) {
      return !(error instanceof CompileError)
    }
  }
  let [right, wrong] = [0, 1]
  if (isWrong(0)) return undefined
  while (!isWrong(wrong)) {
    right = wrong
    wrong *= 2
    if (wrong > MOST) return undefined
  }
  while (wrong - right > 1) {
    const middle = Math.floor((right + wrong) / 2)
    if (isWrong(middle)) wrong = middle
    else right = middle
  }
  const textOf = (limit: number) => {
    try {
      return print(run(limit).graph)
    } catch (error) {
      return String(error)
    }
  }
  return { rewrite: wrong, pass: passOf(() => run(wrong).pass), before: textOf(right), after: textOf(wrong) }
}

/** Rewrites after which a small network must have settled. */
const SETTLED = 250

/** The pass that would go on rewriting forever, if one would. */
export async function endlessPass(network: Network): Promise<string | undefined> {
  const imported = await readModel(encode(network), { name: 'net' })
  const [first, second] = [SETTLED, SETTLED + 1].map(rewriteLimit => optimised(imported, { rewriteLimit }))
  if (print(first!.result.graph) === print(second!.result.graph)) return undefined
  return second!.steps.at(-1)?.pass
}

function warnedOf(run: () => PassResult): ReadonlySet<string> {
  try {
    return namesOfZeros(run())
  } catch {
    return new Set()
  }
}

function passOf(run: () => string): string {
  try {
    return run()
  } catch (error) {
    return (error as { pass?: string }).pass ?? '?'
  }
}
