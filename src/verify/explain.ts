import type { Graph } from '../ir/graph.ts'
import { interpret } from '../ir/interpret.ts'
import type { Node } from '../ir/node.ts'
import type { Tensor } from '../ir/tensor.ts'
import type { Feeds } from '../run/runner.ts'
import { witnessOfTrace, witnessOfValues } from './align.ts'
import { single } from './bounded.ts'
import { compareOutputs, type OutputComparison, outputsAgree } from './compare-outputs.ts'
import { type Departure, type FollowOptions, follow, type NamedBit } from './follow.ts'
import type { Reference } from './reference.ts'

export interface OutputReport extends OutputComparison {
  /** `interpreter`, which runs the graph as it was imported, or `onnxruntime`. */
  readonly reference: string
  readonly sample: number
  /**
   * `equal`: within the tolerance. `explained`: by the named bits and zeros alone, or by what float16 rounds. `changed`:
   * another function by choice. `different`: none of these.
   */
  readonly verdict: 'equal' | 'explained' | 'changed' | 'different'
  /** Bits that rounding decided otherwise than in the reference. */
  readonly bits: readonly NamedBit[]
  /** Signs of exact zeros that count as +1, as a warning says. */
  readonly zeros: readonly NamedBit[]
  /** Of different outputs: the first node of the model where it is seen that something else is computed. */
  readonly departure?: Departure
}

export interface Sample {
  readonly sample: number
  /** Of the generated code, as users get it. */
  readonly outputs: ReadonlyMap<string, Tensor>
  /** Values of the optimised graph, by the generated code. */
  readonly traced: ReadonlyMap<Node, Tensor>
  /** For the model as it was imported. */
  readonly feeds: Feeds
}

export interface Model {
  readonly graph: Graph
  readonly warnedZeros: ReadonlySet<string>
  readonly tolerance: number
  /** Of inputs that the generated code makes itself, of pixels: relative to the largest. */
  readonly inputError: number
}

type Verdict = Pick<OutputReport, 'verdict' | 'bits' | 'zeros' | 'departure'>

const equal: Verdict = { verdict: 'equal', bits: [], zeros: [] }

/**
 * Compares one run with the model: bits wherever a layer carries the name of a sign of the model, and the outputs. For
 * that the model is interpreted again with those bits taken from the other side that lie within the bound of rounding
 * errors, on either side of the comparison: outputs that are then equal are explained by these bits, others different.
 */
export async function explainOutputs(
  model: Model,
  { sample, outputs, traced, feeds }: Sample,
  references: readonly Reference[],
): Promise<OutputReport[]> {
  const { graph, tolerance, warnedZeros, inputError } = model
  const natural = interpret(graph, feeds)
  const own = ownVerdict()
  const reports = compareOutputs(outputs, natural).map(report => ({
    ...report,
    ...own,
    reference: 'interpreter',
    sample,
  }))
  for (const reference of references) {
    const expected = await reference.run(feeds)
    const verdict = await verdictOf(reference, expected)
    reports.push(
      ...compareOutputs(outputs, expected).map(report => ({
        ...report,
        ...verdict,
        reference: reference.name,
        sample,
      })),
    )
  }
  return reports

  function ownVerdict(): Verdict {
    const options: FollowOptions = { arithmetic: single, warnedZeros, inputError }
    const { outputs: followed, bits, zeros, departure } = follow(graph, feeds, witnessOfTrace(traced), options)
    if (departure?.isSure) return { verdict: 'different', bits, zeros, departure }
    if (outputsAgree(outputs, bounded(natural), tolerance, single)) return equal
    // A zero whose sign no warning names is no explanation, though one that follows from it be named.
    const isSilent = departure?.distance === 0 && departure.bound === 0
    if (!isSilent && outputsAgree(outputs, followed, tolerance, single)) return { verdict: 'explained', bits, zeros }
    return { verdict: 'different', bits, zeros, ...(departure ? { departure } : {}) }
  }

  async function verdictOf(reference: Reference, expected: ReadonlyMap<string, Tensor>): Promise<Verdict> {
    const { arithmetic } = reference
    if (own.verdict === 'different') return own
    if (outputsAgree(outputs, bounded(expected), tolerance, single)) return equal
    const nodes = await reference.runNodes(feeds)
    const witness = witnessOfValues(name => nodes.get(name))
    const theirs = follow(graph, feeds, witness, { arithmetic, inputError, warnedZeros: new Set() })
    if (outputsAgree(expected, theirs.outputs, tolerance, arithmetic))
      return { verdict: 'explained', bits: [...own.bits, ...theirs.bits], zeros: own.zeros }
    return { verdict: 'different', bits: [], zeros: [], ...(theirs.departure ? { departure: theirs.departure } : {}) }
  }
}

/** Another function by choice: only how far off it is. */
export async function measureChange(
  { graph }: Model,
  { sample, outputs, feeds }: Sample,
  references: readonly Reference[],
): Promise<OutputReport[]> {
  const all = [{ name: 'interpreter', run: async () => interpret(graph, feeds) }, ...references]
  const reports: OutputReport[] = []
  for (const { name, run } of all)
    for (const comparison of compareOutputs(outputs, await run(feeds)))
      reports.push({ ...comparison, reference: name, sample, verdict: 'changed', bits: [], zeros: [] })
  return reports
}

const bounded = (tensors: ReadonlyMap<string, Tensor>) =>
  new Map([...tensors].map(([name, tensor]) => [name, { tensor }]))
