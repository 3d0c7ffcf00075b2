import type { Backend, ConstantPlace } from '../backends/backend.ts'
import type { Diagnostic } from '../ir/diagnostic.ts'
import type { Graph } from '../ir/graph.ts'
import { lowerWithNodes } from '../lower/index.ts'
import { type PrepareOptions, prepare } from '../prepare.ts'
import type { Feeds, Run, Runner } from '../run/runner.ts'
import { version } from '../version.ts'
import { explainOutputs, measureChange, type OutputReport } from './explain.ts'
import { addRun, type LayerReport, startReport } from './layer-report.ts'
import { feedsOfModel } from './model-feeds.ts'
import type { Reference } from './reference.ts'
import { assembleTrace, compareTrace } from './trace-layers.ts'

export interface VerifyOptions extends PrepareOptions {
  readonly backend: Backend
  readonly runner: Runner
  /** C: where the generated code has its constants. */
  readonly constants?: ConstantPlace
  /** WASM: whether products and sums may be fused. */
  readonly relaxedSimd?: boolean
  /** Values to run with, for the inputs of the generated code. */
  readonly feeds: (graph: Graph) => readonly Feeds[]
  /** Others that can run the model, beside the interpreter: onnxruntime. */
  readonly references: readonly Reference[]
  /** For floats, relative to the scale of a layer. */
  readonly tolerance: number
  /** Told before every sample. */
  readonly progress?: (sample: number, samples: number) => void
}

export interface Verification {
  readonly ok: boolean
  /**
   * `equal`: every output is the model's. `explained`: where one is not, it is by named bits that rounding decides, by
   * signs of exact zeros that a warning names, or by what float16 rounds. `changed`: every layer computes what the
   * compiler made of it, which is another function than the model by choice. `different`: not verified.
   */
  readonly verdict: OutputReport['verdict']
  readonly target: string
  readonly samples: number
  readonly tolerance: number
  readonly layers: readonly LayerReport[]
  readonly outputs: readonly OutputReport[]
  /** Faults that belong to no layer: a status other than 0, a traced run that differs from a plain one. */
  readonly faults: readonly string[]
  /** References that could not be asked, and why. */
  readonly notCompared: readonly string[]
  /** Layers that compute something else than the ONNX model by choice. */
  readonly changedLayers: readonly string[]
  readonly warnings: readonly Diagnostic[]
}

/**
 * Builds the generated code, once as users get it and once with the trace, runs both, and compares: every layer with the
 * interpreter on the operands that the generated code computed itself, and the outputs with the ONNX model, run by the
 * interpreter on the graph before all passes, and by the other references.
 */
export async function verifyModel(bytes: Uint8Array, options: VerifyOptions): Promise<Verification> {
  const { backend, runner, tolerance, progress } = options
  const { model, source, graph, warnings, decisions } = await prepare(bytes, options)
  const toModel = feedsOfModel(model.graph, options)
  const { plan } = lowerWithNodes(graph, backend.lowering)
  const lowered = lowerWithNodes(graph, runner.tracedLowering ?? backend.lowering)
  const asGiven = options.feeds(source)
  const feeds = asGiven.map(feed => options.references.reduce((now, reference) => reference.representable(now), feed))
  const plain = await buildAndRun(plan, false, feeds, options)
  const traced = await buildAndRun(lowered.plan, true, feeds, options)
  const changedLayers = decisions.flatMap(({ changed, origin }) => (changed ? [origin[0]!] : []))
  const compare = changedLayers.length > 0 ? measureChange : explainOutputs
  const asked = {
    graph: model.graph,
    tolerance,
    warnedZeros: zerosIn(warnings),
    inputError: source === model.graph ? 0 : PIXELS,
  }
  const { references, notCompared } = await tryReferences(options.references, toModel(feeds[0]!))
  const layers = startReport([...lowered.nodes.values()], model.operators)
  const outputs: OutputReport[] = []
  for (const [sample, feed] of feeds.entries()) {
    progress?.(sample, feeds.length)
    const trace = assembleTrace(lowered, traced[sample]!)
    addRun(layers, compareTrace(trace, feed, tolerance), sample)
    const run = {
      sample,
      outputs: plain[sample]!.outputs,
      traced: new Map([...trace].map(([node, { tensor }]) => [node, tensor])),
      feeds: toModel(feed),
    }
    outputs.push(...(await compare(asked, run, references)))
  }
  const reports = [...layers.values()]
  const faults = [
    ...feeds.flatMap((_, sample) => faultsOf(plain[sample]!, traced[sample]!, sample)),
    ...reports.flatMap(({ name, compared }) => (compared === 0 ? [`'${name}' was not reported`] : [])),
  ]
  const isWrong = faults.length > 0 || reports.some(({ wrong, cleanTails }) => wrong > 0 || !cleanTails)
  const verdict = isWrong ? 'different' : worstOf(outputs)
  return {
    ok: verdict !== 'different',
    verdict,
    target: runner.target,
    samples: feeds.length,
    tolerance,
    layers: reports,
    outputs,
    faults,
    notCompared,
    changedLayers,
    warnings,
  }
}

/** Those that can run the model, and why others cannot. */
async function tryReferences(all: readonly Reference[], feeds: Feeds) {
  const references: Reference[] = []
  const notCompared: string[] = []
  for (const reference of all)
    try {
      await reference.run(feeds)
      references.push(reference)
    } catch (error) {
      notCompared.push(`${reference.name} cannot run this model: ${(error as Error).message.split('\n')[0]}`)
    }
  return { references, notCompared }
}

/** Some roundings of what turns a pixel into a number. */
const PIXELS = 8 * 2 ** -24

const ORDER = ['equal', 'explained', 'changed', 'different'] as const

const worstOf = (outputs: readonly OutputReport[]): OutputReport['verdict'] =>
  ORDER.findLast(verdict => outputs.some(output => output.verdict === verdict)) ?? 'equal'

/** Nodes whose sign of an exact 0 is +1, as a warning says. */
const zerosIn = (warnings: readonly Diagnostic[]): ReadonlySet<string> =>
  new Set(warnings.flatMap(({ code, where }) => (code === 'sign-of-zero' && where.node ? [where.node] : [])))

async function buildAndRun(
  plan: Parameters<Backend['print']>[0],
  trace: boolean,
  feeds: readonly Feeds[],
  { backend, runner, constants = 'inline', relaxedSimd = false }: VerifyOptions,
): Promise<Run[]> {
  const files = await backend.print(plan, { version, trace, constants, relaxedSimd })
  const program = await runner.build(files, plan, { trace })
  try {
    return await program.run(feeds)
  } finally {
    await program.dispose()
  }
}

function faultsOf(plain: Run, traced: Run, sample: number): string[] {
  if (plain.status !== 0) return [`sample ${sample}: the generated code returned ${plain.status}`]
  const same = [...plain.outputs].every(([name, { values }]) => `${values}` === `${traced.outputs.get(name)!.values}`)
  return same ? [] : [`sample ${sample}: the outputs with the trace differ from those without it`]
}
