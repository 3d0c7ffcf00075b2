import type { Backend } from '../backends/backend.ts'
import { lowerWithNodes } from '../backends/lower.ts'
import type { InputForm } from '../frontend/adapt-inputs.ts'
import { type ReadOptions, type ReadResult, readModel } from '../frontend/index.ts'
import type { Diagnostic } from '../ir/diagnostic.ts'
import type { Graph } from '../ir/graph.ts'
import { interpret } from '../ir/interpret.ts'
import { type Decision, type RunOptions, runPasses } from '../passes/pass.ts'
import { pipeline } from '../passes/pipeline.ts'
import { version } from '../version.ts'
import { compareOutputs, type OutputComparison } from './compare-outputs.ts'
import { addRun, type LayerReport, startReport } from './layer-report.ts'
import { adaptGraph } from './model-feeds.ts'
import type { Feeds, Reference, Run, Runner } from './runner.ts'
import { compareTrace } from './trace-layers.ts'
import { excuseZeros } from './zero-signs.ts'

export interface VerifyOptions extends ReadOptions, InputForm, RunOptions {
  readonly backend: Backend
  readonly runner: Runner
  /** Values to run with, for the inputs of the generated code. */
  readonly feeds: (graph: Graph) => readonly Feeds[]
  /** Others that can run the model, beside the interpreter. */
  readonly references: readonly Reference[]
  /** For floats, relative to the scale of a layer. */
  readonly tolerance: number
  /** Told before every sample. */
  readonly progress?: (sample: number, samples: number) => void
}

export interface OutputReport extends OutputComparison {
  readonly reference: string
  readonly sample: number
}

export interface Verification {
  readonly ok: boolean
  readonly target: string
  readonly samples: number
  readonly tolerance: number
  readonly layers: readonly LayerReport[]
  readonly outputs: readonly OutputReport[]
  /** Faults that belong to no layer: a status other than 0, a traced run that differs from a plain one. */
  readonly faults: readonly string[]
  /** Layers that compute something else than the ONNX model by choice: their outputs are compared with nothing. */
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
  const model = await readModel(bytes, options)
  const adapted = adaptGraph(model.graph, options)
  const passOptions = { ...options, operators: model.operators }
  const { graph, warnings, decisions } = runPasses(adapted.graph, pipeline, passOptions)
  const lowered = lowerWithNodes(graph, backend.lowering)
  const feeds = options.feeds(adapted.graph)
  const runs = (trace: boolean) => buildAndRun(lowered.plan, trace, feeds, options)
  const [plain, traced] = [await runs(false), await runs(true)]
  const changedLayers = changedBy(adapted.graph, decisions, passOptions)
  const references = changedLayers.length > 0 ? [] : [interpreterOf(model), ...options.references]
  const layers = startReport([...lowered.nodes.values()], model.operators)
  const outputs: OutputReport[] = []
  for (const [sample, feed] of feeds.entries()) {
    progress?.(sample, feeds.length)
    const compared = compareTrace(lowered, feed, traced[sample]!, tolerance)
    addRun(layers, compared, sample)
    const mayFlip = compared.some(({ comparison }) => comparison.uncertain > 0)
    const modelFeeds = adapted.toModel(feed)
    for (const reference of references) {
      const results = await compareOutputs(plain[sample]!.outputs, reference, modelFeeds, { tolerance, mayFlip })
      for (const comparison of excuseZeros(results, model.graph, modelFeeds))
        outputs.push({ ...comparison, reference: reference.name, sample })
    }
  }
  const reports = [...layers.values()]
  const faults = [
    ...feeds.flatMap((_, sample) => faultsOf(plain[sample]!, traced[sample]!, sample)),
    ...reports.flatMap(({ name, compared }) => (compared === 0 ? [`'${name}' was not reported`] : [])),
  ]
  const ok =
    faults.length === 0 &&
    reports.every(({ wrong, cleanTails }) => wrong === 0 && cleanTails) &&
    outputs.every(({ verdict }) => verdict !== 'different')
  return {
    ok,
    target: runner.target,
    samples: feeds.length,
    tolerance,
    layers: reports,
    outputs,
    faults,
    changedLayers,
    warnings: [...model.warnings, ...warnings],
  }
}

async function buildAndRun(
  plan: Parameters<Backend['print']>[0],
  trace: boolean,
  feeds: readonly Feeds[],
  { backend, runner }: VerifyOptions,
): Promise<Run[]> {
  const program = await runner.build(await backend.print(plan, { version, trace }), plan, { trace })
  try {
    return await program.run(feeds)
  } finally {
    await program.dispose()
  }
}

const interpreterOf = ({ graph }: ReadResult): Reference => ({
  name: 'interpreter',
  run: async feeds => interpret(graph, feeds),
})

/** Layers that are binary or of integers only because the options let the compiler change weights or take a sign. */
function changedBy(graph: Graph, decisions: readonly Decision[], options: RunOptions): string[] {
  const { observe, ...rest } = options
  const changed = (list: readonly Decision[]) =>
    list.filter(({ kind }) => kind !== 'float').map(({ origin }) => origin[0]!)
  const unasked = { ...rest, weights: 'exact', binarize: 'auto', firstLayer: 'float' } as const
  const exact = new Set(changed(runPasses(graph, pipeline, unasked).decisions))
  return changed(decisions).filter(name => !exact.has(name))
}

function faultsOf(plain: Run, traced: Run, sample: number): string[] {
  if (plain.status !== 0) return [`sample ${sample}: the generated code returned ${plain.status}`]
  const same = [...plain.outputs].every(([name, { values }]) => `${values}` === `${traced.outputs.get(name)!.values}`)
  return same ? [] : [`sample ${sample}: the outputs with the trace differ from those without it`]
}
