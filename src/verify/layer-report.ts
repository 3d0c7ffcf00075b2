import type { Node } from '../ir/node.ts'
import type { DType, Shape } from '../ir/tensor.ts'
import type { Difference } from './compare-layer.ts'
import type { ComparedLayer } from './trace-layers.ts'

/** What all runs said about one layer. */
export interface LayerReport {
  /** Name of the ONNX node, its operator, and the other nodes that were merged into it. */
  readonly name: string
  readonly op: string
  readonly origin: readonly string[]
  readonly dtype: DType
  /** Of the result; images are n, y, x, c. */
  readonly shape: Shape
  /** Values compared, over all runs. */
  compared: number
  maxDifference: number
  /** Largest magnitude that the interpreter computed. */
  scale: number
  /** Bits that differ because the bound of rounding errors leaves open which they are. */
  flips: number
  /** Values that it leaves open. */
  uncertain: number
  wrong: number
  wrongChannels: readonly number[]
  /** The first wrong value, and of which sample. */
  first: (Difference & { readonly sample: number }) | undefined
  /** Whether the unused high bits of packed rows are zero. */
  cleanTails: boolean
}

/** Empty reports of all computed nodes, in order. */
export function startReport(nodes: readonly Node[], operators: ReadonlyMap<string, string>): Map<Node, LayerReport> {
  const computed = nodes.filter(({ op }) => op !== 'input' && op !== 'constant')
  return new Map(computed.map(node => [node, emptyReport(node, operators)]))
}

const emptyReport = ({ op, origin, type }: Node, operators: ReadonlyMap<string, string>): LayerReport => ({
  name: origin[0]!,
  op: operators.get(origin[0]!) ?? op,
  origin,
  dtype: type.dtype,
  shape: type.shape,
  compared: 0,
  maxDifference: 0,
  scale: 0,
  flips: 0,
  uncertain: 0,
  wrong: 0,
  wrongChannels: [],
  first: undefined,
  cleanTails: true,
})

/** Adds the comparisons of one run. */
export function addRun(
  reports: ReadonlyMap<Node, LayerReport>,
  layers: readonly ComparedLayer[],
  sample: number,
): void {
  for (const { node, comparison } of layers) {
    const report = reports.get(node)!
    report.compared += comparison.compared
    report.maxDifference = Math.max(report.maxDifference, comparison.maxDifference)
    report.scale = Math.max(report.scale, comparison.scale)
    report.flips += comparison.flips
    report.uncertain += comparison.uncertain
    report.wrong += comparison.wrong
    report.wrongChannels = [...new Set([...report.wrongChannels, ...comparison.wrongChannels])].sort((a, b) => a - b)
    report.first ??= comparison.first && { ...comparison.first, sample }
    report.cleanTails &&= comparison.cleanTails
  }
}
