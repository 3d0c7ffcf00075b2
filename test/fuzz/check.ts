import { printWasm } from '../../src/backends/wasm/index.ts'
import { type ReadResult, readModel } from '../../src/frontend/index.ts'
import { CompileError, InternalError } from '../../src/ir/diagnostic.ts'
import { type Graph, topological } from '../../src/ir/graph.ts'
import { interpret } from '../../src/ir/interpret.ts'
import { lower } from '../../src/lower/index.ts'
import { type PassResult, type RunOptions, runPasses } from '../../src/passes/pass.ts'
import { pipeline } from '../../src/passes/pipeline.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { importInline, runLoaded } from '../wasm-runner.ts'
import { differenceFrom, exactShare, type TensorLike } from './difference.ts'
import { type Enclosure, enclose } from './enclosure.ts'
import { ordersOf, zerosOf } from './latitude.ts'
import { encode, type Feeds, feedsOf, type Network } from './network.ts'
import { runReference } from './onnxruntime.ts'
import type { Fault, Verdict } from './verdict.ts'

/** A network that went through all passes, for the targets that take many at once. */
export interface Prepared {
  readonly graph: Graph
  readonly samples: readonly Feeds[]
  readonly expected: readonly ReadonlyMap<string, Enclosure>[]
}

export interface Checked {
  readonly verdict: Verdict
  readonly prepared?: Prepared
}

/** What a network is compared with, beside the interpreter. */
export interface Lanes {
  readonly reference: boolean
  readonly wasm: boolean
}

/** The network through import, every pass and the targets asked for. */
export async function check(network: Network, name: string, lanes: Lanes): Promise<Checked> {
  try {
    return await comparedWith(network, name, lanes)
  } catch (error) {
    if (error instanceof CompileError) {
      const [first] = error.diagnostics
      return { verdict: { kind: 'refused', code: first!.code, message: error.message } }
    }
    if (error instanceof Found) return { verdict: error.fault }
    const stage = error instanceof InternalError ? error.pass : 'import'
    return { verdict: { kind: 'error', stage, message: error instanceof Error ? error.message : String(error) } }
  }
}

class Found extends Error {
  readonly fault: Fault
  constructor(fault: Fault) {
    super(fault.message)
    this.fault = fault
  }
}

async function comparedWith(network: Network, name: string, lanes: Lanes): Promise<Checked> {
  const bytes = encode(network)
  const samples = feedsOf(network)
  const imported = await readModel(bytes, { name })
  const { result, steps } = optimised(imported)
  const { graph, operators } = imported
  const warned = namesOfZeros(result)
  const asModelled = samples.map(feeds => enclose(graph, feeds))
  const asReferred = samples.map(feeds => enclose(graph, feeds, { slack: ordersOf(operators) }))
  const expected = samples.map(feeds => enclose(graph, feeds, { zeroIsPlus: zerosOf(graph, feeds, warned) }))
  type Run = (feeds: Feeds, sample: number) => ReadonlyMap<string, TensorLike>
  const compare = (stage: string, run: Run, within: readonly ReadonlyMap<string, Enclosure>[] = expected): void => {
    samples.forEach((feeds, sample) => {
      const difference = differenceFrom(
        within[sample]!,
        guarded(stage, () => run(feeds, sample)),
        { saturates: stage === 'onnxruntime' },
      )
      if (difference) throw new Found({ kind: 'wrong', stage, message: showDifference(difference, sample) })
    })
  }
  compare('interpreter', feeds => interpret(graph, feeds), asModelled)
  const reference = lanes.reference ? await runReference(bytes, samples) : ''
  if (typeof reference !== 'string') compare('onnxruntime', (_, sample) => reference[sample]!, asReferred)
  for (const step of steps) compare(step.pass, feeds => interpret(step.graph, feeds))
  if (lanes.wasm) {
    const plan = guarded('lower', () => lower(result.graph))
    const run = await loadInline(plan)
    compare('wasm', run)
  }
  const layers: Record<string, number> = {}
  for (const { op } of topological(result.graph)) layers[op] = (layers[op] ?? 0) + 1
  const shares = expected.map(exactShare)
  const sum = (at: 0 | 1) => shares.reduce((all, share) => all + share[at], 0)
  return {
    verdict: { kind: 'agrees', exact: sum(0), elements: sum(1), reference: typeof reference !== 'string', layers },
    prepared: { graph: result.graph, samples, expected },
  }
}

/** The Signs that a warning names, as their zeros may count as +1. */
export const namesOfZeros = ({ warnings }: PassResult): ReadonlySet<string> =>
  new Set(warnings.flatMap(({ code, where }) => (code === 'sign-of-zero' && where.node ? [where.node] : [])))

function guarded<T>(stage: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (error instanceof CompileError || error instanceof InternalError) throw error
    throw new Found({ kind: 'error', stage, message: error instanceof Error ? error.message : String(error) })
  }
}

interface Step {
  readonly pass: string
  readonly graph: Graph
}

/** The passes, so that they change nothing: with `--weights exact` where the default makes another function of it. */
export function optimised({ graph, operators }: ReadResult, options: RunOptions = {}) {
  const run = (more: RunOptions): { readonly result: PassResult; readonly steps: readonly Step[] } => {
    const steps: Step[] = []
    const result = runPasses(graph, pipeline, {
      operators,
      ...more,
      ...options,
      observe: (pass, after) => steps.push({ pass, graph: after }),
    })
    return { result, steps }
  }
  const found = run({})
  return found.result.decisions.some(({ changed }) => changed) ? run({ weights: 'exact' }) : found
}

/** The generated loader and module, run from memory. */
async function loadInline(plan: Plan): Promise<(feeds: Feeds) => ReadonlyMap<string, TensorLike>> {
  return runLoaded(plan, await importInline(await printWasm(plan, { version: 'test', inline: true })))
}

export function showDifference(difference: ReturnType<typeof differenceFrom> & {}, sample: number): string {
  if (typeof difference === 'string') return difference
  const { output, index, actual, expected } = difference
  const [low, high] = expected
  return `${output}[${index}] of sample ${sample} is ${actual}, not ${low === high ? low : `${low} to ${high}`}`
}
