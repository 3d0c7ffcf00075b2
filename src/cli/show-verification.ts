import type { OutputReport } from '../verify/explain.ts'
import type { LayerReport } from '../verify/layer-report.ts'
import type { Verification } from '../verify/verify-model.ts'
import { showCount } from './show.ts'
import { showTable } from './table.ts'

/** A table of layers, a table of outputs, a line per problem or named bit, and the verdict. */
export function describeVerification(verification: Verification): string {
  const { layers, outputs, faults } = verification
  const wrong = layers.filter(layer => layer.wrong > 0 || !layer.cleanTails)
  const parts = [
    showTable(['layer', 'op', 'result', 'values', 'max difference', 'flips', ''], layers.map(layerRow), [3, 4, 5]),
    ...(outputs.length > 0 ? [showOutputs(outputs)] : []),
    [...faults, ...wrong.map(describeWrong), ...outputs.filter(isDifferent).map(describeDifferent)]
      .map(line => `✗ ${line}`)
      .join('\n'),
    describeExplained(outputs).join('\n'),
    describeVerdict(verification),
  ]
  return parts.filter(part => part !== '').join('\n\n')
}

const layerRow = (layer: LayerReport): string[] => [
  layer.name,
  layer.op,
  `${layer.dtype} ${layer.shape.join('×')}`,
  showCount(layer.compared),
  layer.dtype === 'f32' ? relative(layer) : layer.wrong > 0 ? `${layer.wrong} differ` : 'equal',
  layer.flips > 0 || layer.uncertain > 0 ? `${layer.flips} of ${layer.uncertain}` : '',
  layer.wrong > 0 || !layer.cleanTails ? '✗' : '',
]

/** Relative to the largest value. */
function relative({ maxDifference, scale }: { readonly maxDifference: number; readonly scale: number }): string {
  if (maxDifference === 0) return 'equal'
  return (maxDifference / (scale || 1)).toExponential(1)
}

function showOutputs(outputs: readonly OutputReport[]): string {
  const keys = [...new Set(outputs.map(({ output, reference }) => `${output}\n${reference}`))]
  const isPrediction = outputs.some(({ samePrediction }) => samePrediction !== undefined)
  const rows = keys.map(key => {
    const all = outputs.filter(({ output, reference }) => `${output}\n${reference}` === key)
    const count = (wanted: string) => all.filter(({ verdict }) => verdict === wanted).length
    const notes = (['explained', 'changed', 'different'] as const).map(verdict =>
      count(verdict) > 0 ? `${count(verdict)} of ${all.length} ${verdict}` : '',
    )
    const cells = [...key.split('\n'), relative(worstOf(all)), notes.filter(Boolean).join(', ')]
    return isPrediction ? cells.toSpliced(3, 0, samePredictions(all)) : cells
  })
  const titles = ['output', 'against', 'max difference', ...(isPrediction ? ['same prediction'] : []), '']
  return showTable(titles, rows, isPrediction ? [2, 3] : [2])
}

const worstOf = (outputs: readonly OutputReport[]): OutputReport =>
  outputs.reduce((a, b) => (b.maxDifference / (b.scale || 1) > a.maxDifference / (a.scale || 1) ? b : a))

const samePredictions = (outputs: readonly OutputReport[]): string =>
  `${outputs.filter(({ samePrediction }) => samePrediction).length} of ${outputs.length}`

const isDifferent = ({ verdict }: OutputReport): boolean => verdict === 'different'

/** `/0/Conv: 196 of 24,576 values differ, all in channel 17; sample 0 at y 3, x 4, c 17 is 1, should be 0 (…)` */
function describeWrong({ name, op, shape, compared, wrong, wrongChannels, first, cleanTails }: LayerReport): string {
  if (!first) return `${op} '${name}' ${cleanTails ? 'differs' : 'has bits set past its channels'}`
  const { position, sample, actual, expected, distance } = first
  const axes = shape.length === 4 ? ['n', 'y', 'x', 'c'] : position.map((_, axis) => `axis ${axis}`)
  const place = position.map((index, axis) => `${axes[axis]} ${index}`).join(', ')
  const many = wrongChannels.length > 8
  const channels = many ? `${wrongChannels.length} channels` : `channel ${wrongChannels.join(', ')}`
  const before = distance === undefined ? '' : `; before the comparison it is ${show(distance)} from its threshold`
  return (
    `${op} '${name}': ${wrong} of ${compared} values differ, in ${channels}; ` +
    `first in sample ${sample} at ${place}: ${show(actual)}, should be ${show(expected)}${before}`
  )
}

function describeDifferent({ output, reference, sample, maxDifference, scale, departure }: OutputReport): string {
  const what = `output '${output}' of sample ${sample} differs from ${reference} by ${show(maxDifference)} (values up to ${show(scale)})`
  if (!departure) return what
  const { node, wrong, values, index, actual, expected, distance, bound } = departure
  if (distance === 0 && bound === 0 && expected === 0)
    return `${what}; '${node}' takes the sign of an exact 0 at ${wrong} of ${values} values, [${index}] the first: 0 in ONNX, ${show(actual)} in the generated code, and no warning says so`
  const before =
    distance === undefined || bound === undefined
      ? ''
      : `, ${show(distance)} from its threshold, where rounding moves it by at most ${show(bound)}`
  return `${what}; first seen at '${node}': ${wrong} of ${values} values, [${index}] is ${show(actual)}, should be ${show(expected)}${before}`
}

/** Most lines for bits that rounding decides. */
const MOST_BITS = 8

/** The bits that explain differences, by name, and the signs of exact zeros by their node. */
function describeExplained(outputs: readonly OutputReport[]): string[] {
  const explained = outputs.filter(({ verdict }) => verdict === 'explained')
  const bits = [
    ...new Set(
      explained.flatMap(({ sample, bits: all }) =>
        all.map(
          ({ node, index, distance, bound, taken }) =>
            `  sample ${sample}, '${node}' [${index}]: ${show(distance)} from its threshold, within the bound of ${show(bound)}; taken as ${show(taken)}`,
        ),
      ),
    ),
  ]
  const zeros = new Map<string, number>()
  for (const { zeros: all, reference } of explained)
    if (reference === 'interpreter') for (const { node } of all) zeros.set(node, (zeros.get(node) ?? 0) + 1)
  return [
    ...(bits.length > 0 ? [`bits that rounding decides (${RULE}):`, ...bits.slice(0, MOST_BITS)] : []),
    ...(bits.length > MOST_BITS ? [`  … and ${bits.length - MOST_BITS} more`] : []),
    ...[...zeros].map(
      ([node, count]) => `${count} signs of an exact 0 at '${node}' are 0 in ONNX and +1 in bits, as the warning says`,
    ),
  ]
}

/** Where the bound comes from: see `src/verify/point.ts` and `sum-bound.ts`. */
const RULE =
  'running error bound: a sum of n floats is within 2·min(n, 6√n)·2^-24 of the sum of magnitudes, another operation within 4·2^-24'

function describeVerdict(verification: Verification): string {
  const { verdict, target, layers, samples, outputs, changedLayers, tolerance } = verification
  const results = `${layers.length} results of ${samples} ${samples === 1 ? 'sample' : 'samples'}`
  const references = [...new Set(outputs.map(({ reference }) => reference))]
  const against = references.includes('onnxruntime') ? 'onnxruntime' : 'the interpreter alone'
  switch (verdict) {
    case 'equal':
      return `verified: ${target}, ${results}; outputs equal those of ${against} within ${tolerance} of the largest${summarise(verification)}`
    case 'explained':
      return `verified but for ${reasonsOf(outputs)}: ${target}, ${results}; nothing else differs from ${against}${summarise(verification)}`
    case 'changed': {
      const worst = worstOf(outputs.filter(({ reference }) => reference === references.at(-1)))
      const all = outputs.filter(({ reference }) => reference === worst.reference)
      const same = worst.samePrediction === undefined ? '' : `, same prediction in ${samePredictions(all)} samples`
      return (
        `another function by choice: ${target}, ${changedLayers.join(', ')} ${changedLayers.length === 1 ? 'is' : 'are'} not the model's; ` +
        `outputs are up to ${percent(worst)} of the largest off ${worst.reference}${same}; the generated code computes that function as the interpreter does (${results})`
      )
    }
    case 'different':
      return `NOT verified: ${target}, ${results}; ${firstDifference(verification)}`
  }
}

/** The layer that differs from the interpreter on its own operands; else the node from which on the model is left. */
function firstDifference({ layers, outputs, faults }: Verification): string {
  const layer = layers.find(({ wrong, cleanTails }) => wrong > 0 || !cleanTails)
  if (layer) return `the first layer that differs is ${layer.op} '${layer.name}'`
  const departure = outputs.find(({ departure }) => departure)?.departure
  if (departure)
    return `every layer computes what the compiler made of it, but from '${departure.node}' on that is not the model`
  return faults.length > 0 ? faults[0]! : 'every layer computes what the compiler made of it, but that is not the model'
}

const percent = ({ maxDifference, scale }: OutputReport): string =>
  `${((100 * maxDifference) / (scale || 1)).toPrecision(2)} %`

function reasonsOf(outputs: readonly OutputReport[]): string {
  const explained = outputs.filter(({ verdict }) => verdict === 'explained')
  const some = [
    explained.some(({ bits }) => bits.length > 0) ? 'the named bits, which rounding decides' : '',
    explained.some(({ zeros }) => zeros.length > 0) ? 'signs of exact zeros, as warned' : '',
    explained.some(({ bits, zeros }) => bits.length + zeros.length === 0) ? 'what float16 rounds (2^-11 a result)' : '',
  ]
  return some.filter(Boolean).join(', and for ')
}

const show = (value: number): string => String(Number(value.toPrecision(7)))

function summarise({ layers }: Verification): string {
  const flips = layers.reduce((sum, layer) => sum + layer.flips, 0)
  const uncertain = layers.reduce((sum, layer) => sum + layer.uncertain, 0)
  return uncertain > 0 ? `; rounding left ${uncertain} bits open, ${flips} of them flipped` : ''
}
