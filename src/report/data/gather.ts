import { checkLabels } from '../../backends/js/labels.ts'
import type { CompileOptions } from '../../compile.ts'
import { showDiagnostic } from '../../ir/diagnostic.ts'
import { elements, type Tensor } from '../../ir/tensor.ts'
import { makeFeeds } from '../../run/inputs.ts'
import { createJudge, type Judge } from '../../run/judge.ts'
import type { Feeds } from '../../run/runner.ts'
import { version } from '../../version.ts'
import {
  type Disagreement,
  type Epoch,
  type LayerTime,
  REPORT_VERSION,
  type Report,
  type ShownSample,
} from '../report.ts'
import { biasesOf } from './biases.ts'
import { constantsOf, weightsOf } from './constants.ts'
import { compareFilters, type Filters, filtersOf } from './filters.ts'
import type { Machine } from './machine.ts'
import { memoryOf } from './memory.ts'
import { type Network, openNetwork } from './network.ts'
import { probedGraph } from './probe.ts'
import { type Activations, activationsOf, describeSample } from './samples.ts'
import { createSignCounter } from './signs.ts'
import { strategiesOf } from './strategy.ts'

/** Samples whose sums and signs are counted, and how many of them run at once. */
const PROBED = { 'generated C': 32, interpreter: 3 }
const PROBED_AT_ONCE = 8
const AT_ONCE = 250
const DISAGREEMENTS = 24

export interface Data {
  /** Name of the file. */
  readonly source: string
  readonly feeds: readonly Feeds[]
  readonly labels: readonly number[]
}

export interface ReportOptions extends Omit<CompileOptions, 'target'> {
  /** Seeded values without it. */
  readonly data?: (network: Network) => Promise<Data>
  /** The float twin of the network, and how it is compiled. */
  readonly twin?: { readonly bytes: Uint8Array; readonly options: Omit<CompileOptions, 'target'> }
  /** Indices of the samples whose activations are shown; those that the data does not have are left out. */
  readonly shown: readonly number[]
  /** Generated C where it can be built on this machine, or the interpreter and the reason. */
  readonly machine: (network: Network) => Promise<{ machine: Machine; note?: string }>
  /** A training log, and the name of its file. */
  readonly training?: { readonly source: string; readonly epochs: readonly Epoch[] }
  /** Measures the steps of the generated code with every instruction set that the machine has, the best first. */
  readonly time?: () => Promise<readonly StepTimes[]>
  readonly progress?: (what: string, done: number, total: number) => void
}

/** One instruction set: what each step of the plan took, in order. */
export interface StepTimes {
  readonly isa: string
  readonly steps: readonly Omit<LayerTime, 'isa'>[]
}

/** The figures, and what only the pictures need. */
export interface Gathered {
  readonly report: Report
  readonly network: Network
  readonly filters: readonly Filters[]
  readonly activations: readonly Activations[]
  /** The inputs of the samples that only one of the two networks gets right. */
  readonly disagreements: readonly Feeds[]
}

/** Compiles a model, runs it, and counts everything that the report says. */
export async function gather(bytes: Uint8Array, options: ReportOptions): Promise<Gathered> {
  const network = await openNetwork(bytes, options)
  checkLabels(network.lowered.plan.outputs, options.labels)
  const { machine, note } = await options.machine(network)
  const given = await options.data?.(network)
  const count = PROBED[machine.name]
  const feeds = given?.feeds ?? Array.from({ length: count }, (_, k) => makeFeeds(network.source, k + 1))
  const samples = {
    source: given?.source ?? `seeded values, seeds 1 to ${count}`,
    seeded: !given,
    count: feeds.length,
    probed: Math.min(count, feeds.length),
    computedBy: machine.name,
    ...(note === undefined ? {} : { note }),
  }
  const probed = await probe(network, machine, feeds, samples.probed, given?.labels, options)
  const { accuracy, disagreements } = given
    ? await judgeAll(network, machine, given, options)
    : { accuracy: undefined, disagreements: [] }
  const memory = memoryOf(network)
  options.progress?.('measuring', 1, 1)
  const measured = machine.name === 'generated C' ? await options.time?.() : undefined
  const strategies = strategiesOf(network)
  const filters = filtersOf(network)
  const { summary, stages } = network
  const report: Report = {
    version: REPORT_VERSION,
    xnorc: version,
    name: summary.name,
    modelBytes: bytes.length,
    inputs: summary.inputs,
    outputs: summary.outputs,
    ...(options.labels ? { labels: options.labels } : {}),
    constantBytes: summary.constantBytes,
    workspaceBytes: summary.workspaceBytes,
    totals: summary.totals,
    warnings: network.warnings.map(showDiagnostic),
    samples,
    stages,
    layers: summary.layers.map((layer, k) => {
      const stage = stages.find(other => other.layer === k)!.id
      const at = memory.steps.findIndex(({ stages: computed }) => computed.includes(stage))
      const times = measured?.map(({ isa, steps }) => ({ isa, ...steps[at]! }))
      return {
        ...layer,
        stage,
        aliveBytes: memory.steps[at]?.bytes ?? 0,
        strategy: strategies.get(stage)!,
        ...(times?.[0] ? { microseconds: times[0].microseconds, times } : {}),
      }
    }),
    memory,
    filters: filters.filter(({ weights }) => weights.dtype === 'bit').map(compareFilters),
    weights: weightsOf(network),
    biases: biasesOf(network),
    constants: constantsOf(network),
    signs: probed.signs,
    shown: probed.shown,
    ...(accuracy ? { accuracy } : {}),
    ...(options.training ? { training: options.training.epochs, trainingSource: options.training.source } : {}),
  }
  return { report, network, filters, activations: probed.activations, disagreements }
}

async function probe(
  network: Network,
  machine: Machine,
  feeds: readonly Feeds[],
  count: number,
  labels: readonly number[] | undefined,
  { shown, progress }: ReportOptions,
) {
  const graph = probedGraph(network)
  const counter = createSignCounter(network)
  const found = new Map<number, { described: ShownSample; activations: Activations }>()
  const wanted = shown.filter(sample => sample < feeds.length)
  const first = graph.outputs[0]!.name
  const show = (outputs: ReadonlyMap<string, Tensor>, sample: number) => {
    const activations = activationsOf(network, feeds[sample]!, outputs)
    const name = labels ? sample : sample + 1
    const described = describeSample(network, name, labels?.[sample], activations, outputs.get(first)!)
    found.set(sample, { described, activations })
  }
  await machine.run(
    graph,
    feeds.slice(0, count),
    (outputs, sample) => {
      progress?.('looking inside', sample + 1, count)
      counter.add(outputs)
      if (wanted.includes(sample)) show(outputs, sample)
    },
    PROBED_AT_ONCE,
  )
  const later = wanted.filter(sample => sample >= count)
  if (later.length > 0)
    await machine.run(
      graph,
      later.map(sample => feeds[sample]!),
      (outputs, k) => show(outputs, later[k]!),
      PROBED_AT_ONCE,
    )
  const ordered = wanted.flatMap(sample => found.get(sample) ?? [])
  return {
    signs: counter.results(),
    shown: ordered.map(({ described }) => described),
    activations: ordered.map(({ activations }) => activations),
  }
}

async function judgeAll(network: Network, machine: Machine, data: Data, options: ReportOptions) {
  const classes = elements(network.lowered.plan.outputs[0]!.shape)
  const generated = await judge(network.graph, machine, data, classes, 'generated code', options)
  if (!options.twin)
    return {
      accuracy: { samples: data.labels.length, classes, generated: generated.result() },
      disagreements: [],
    }
  const { graph } = await openNetwork(options.twin.bytes, options.twin.options)
  const twin = await judge(graph, machine, data, classes, 'float twin', options)
  const differing = data.labels.flatMap((label, sample): Disagreement[] => {
    const [ours, theirs] = [generated.predictions[sample], twin.predictions[sample]]
    if (ours === undefined || theirs === undefined || (ours === label) === (theirs === label)) return []
    return [{ sample, label, generated: ours, twin: theirs }]
  })
  const [right, wrong] = [true, false].map(ours => differing.filter(each => (each.generated === each.label) === ours))
  const shown = [...right!.slice(0, DISAGREEMENTS / 2), ...wrong!.slice(0, DISAGREEMENTS / 2)]
  return {
    accuracy: {
      samples: data.labels.length,
      classes,
      generated: generated.result(),
      twin: { ...twin.result(), bytes: options.twin.bytes.length },
      onlyGenerated: right!.length,
      onlyTwin: wrong!.length,
      shown,
    },
    disagreements: shown.map(({ sample }) => data.feeds[sample]!),
  }
}

async function judge(
  graph: Network['graph'],
  machine: Machine,
  { feeds, labels }: Data,
  classes: number,
  what: string,
  { progress }: ReportOptions,
): Promise<Judge> {
  const judge = createJudge(labels, classes)
  const { name } = graph.outputs[0]!
  await machine.run(
    graph,
    feeds,
    (outputs, sample) => {
      progress?.(what, sample + 1, feeds.length)
      judge.add(outputs.get(name)!, sample)
    },
    AT_ONCE,
  )
  return judge
}
