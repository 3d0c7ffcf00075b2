import type { LayerReport } from '../verify/layer-report.ts'
import type { OutputReport, Verification } from '../verify/verify-model.ts'
import { showCount, showTable } from './show.ts'

/** A table of layers, a table of outputs, a line per problem, and the verdict. */
export function describeVerification(verification: Verification): string {
  const { layers, outputs, faults, changedLayers, samples, ok } = verification
  const wrong = layers.filter(layer => layer.wrong > 0 || !layer.cleanTails)
  const parts = [
    showTable(['layer', 'op', 'result', 'values', 'max difference', 'flips', ''], layers.map(layerRow), [3, 4, 5]),
    ...(outputs.length > 0 ? [showOutputs(outputs)] : []),
    ...(changedLayers.length > 0
      ? [`outputs not compared with the ONNX model: the weights of ${changedLayers.join(', ')} were changed`]
      : []),
    [...faults, ...wrong.map(describeWrong), ...outputs.filter(isDifferent).map(describeDifferent)]
      .map(line => `✗ ${line}`)
      .join('\n'),
    `${ok ? 'verified' : 'NOT verified'}: ${layers.length} results of ${samples} ${samples === 1 ? 'sample' : 'samples'}${summarise(verification)}`,
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
  const rows = keys.map(key => {
    const all = outputs.filter(({ output, reference }) => `${output}\n${reference}` === key)
    const worst = all.reduce((a, b) => (b.maxDifference / (b.scale || 1) > a.maxDifference / (a.scale || 1) ? b : a))
    const same = all.filter(({ samePrediction }) => samePrediction).length
    const count = (wanted: string) => all.filter(({ verdict }) => verdict === wanted).length
    const notes = [
      count('flips') > 0 ? `${count('flips')} moved by flips` : '',
      count('zeros') > 0 ? `${count('zeros')} with a sign of 0, which is 0 in ONNX and +1 in bits` : '',
    ]
    return [...key.split('\n'), relative(worst), `${same} of ${all.length}`, notes.filter(Boolean).join(', ')]
  })
  return showTable(['output', 'against', 'max difference', 'same prediction', ''], rows, [2, 3])
}

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

const describeDifferent = ({ output, reference, sample, maxDifference, scale }: OutputReport): string =>
  `output '${output}' of sample ${sample} differs from ${reference} by ${show(maxDifference)} (values up to ${show(scale)})`

const show = (value: number): string => String(Number(value.toPrecision(7)))

function summarise({ layers, tolerance }: Verification): string {
  const flips = layers.reduce((sum, layer) => sum + layer.flips, 0)
  const uncertain = layers.reduce((sum, layer) => sum + layer.uncertain, 0)
  const near = `${uncertain} of the values before a sign within ${tolerance} of their threshold`
  return uncertain > 0 ? `; ${flips} bits flipped, ${near}` : ''
}
