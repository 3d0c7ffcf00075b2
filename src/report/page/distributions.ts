import { histogramOf } from '../data/histogram.ts'
import type { BiasFigures, ConstantFigures, Report, SignFigures, WeightFigures } from '../report.ts'
import { chart, histogram, shares } from './charts.ts'
import { type Html, html } from './html.ts'
import { count, figure, percent, titleOf } from './show.ts'
import { tabs } from './tabs.ts'

const roles = { scale: 'factors', shift: 'summands', threshold: 'thresholds' } as const

export function distributionsSection(report: Report): Html | undefined {
  const { stages, samples } = report
  const panels = stages.flatMap(({ id, layer }) => {
    const sign = report.signs.find(({ stage }) => stage === id)
    const weights = report.weights.find(each => each.layer === layer)
    const bias = report.biases.find(each => each.layer === layer)
    const constants = layer === undefined ? [] : report.constants.filter(each => each.layer === layer)
    const charts = [
      ...(sign ? signCharts(sign, constants) : []),
      ...(weights ? weightCharts(weights) : []),
      ...(bias && bias.histogram.total > 2 ? [biasChart(bias)] : []),
      ...constants.filter(({ values }) => values.length > 2).map(constantChart),
    ]
    return charts.length === 0
      ? []
      : [{ title: titleOf(report, id), content: html`<div class="charts">${charts}</div>` }]
  })
  if (panels.length === 0) return undefined
  return html`<section id="distributions"><h2>Distributions</h2>
<p class="lead">Signs and sums are counted over ${samples.seeded ? `${samples.probed} seeded inputs` : `the first ${samples.probed} samples`}; weights and constants are those of the model. A balanced channel is +1 half of the time; a bit is fragile where one flipped input bit could flip it.</p>
${tabs('distributions-of', 'Stations', panels)}</section>`
}

function signCharts(
  { sums, distance, fragile, plusShare, never, always }: SignFigures,
  constants: readonly ConstantFigures[],
): Html[] {
  const thresholds = constants.find(({ role }) => role === 'threshold')
  const dead = never.length + always.length
  return [
    ...(sums && sums.total > 0
      ? [
          chart(
            thresholds ? 'Sums and thresholds' : 'Sums',
            thresholds ? 'strokes: a threshold per filter' : `mean ${figure(sums.mean)}`,
            histogram('Sums before the sign', sums, 'sum', thresholds ? { rug: thresholds.values } : {}),
          ),
        ]
      : []),
    ...(distance && distance.total > 0
      ? [
          chart(
            'Distance to the threshold',
            fragile === undefined ? 'below 0 the bit is -1' : `${percent(fragile)} of the bits are fragile`,
            histogram('Distance to the threshold', distance, 'value minus threshold', {
              lines: [{ at: 0, text: 'flips' }],
            }),
          ),
        ]
      : []),
    chart(
      'Share of +1',
      dead > 0 ? `${dead} of ${count(plusShare.length)} channels are dead` : 'per channel, sorted',
      shares('Share of +1 of every channel', plusShare, 'channels, sorted'),
    ),
  ]
}

function weightCharts({ histogram: weights, alpha, latent }: WeightFigures): Html[] {
  const mean = alpha.reduce((a, b) => a + b, 0) / alpha.length
  const marks = { lines: [-mean, mean].map(at => ({ at, text: `${at < 0 ? '-' : '+'}α` })) }
  return [
    chart(
      latent ? 'Trained weights' : 'Weights of the model',
      latent ? 'lines: ± the mean α, which they become' : '±α of every filter; lines: ± the mean α',
      histogram('Weights', weights, 'weight', marks),
    ),
    ...(alpha.length > 2
      ? [
          chart(
            'α',
            `mean |W| of ${count(alpha.length)} filters`,
            histogram('Alpha of every filter', histogramOf(alpha), 'α'),
          ),
        ]
      : []),
  ]
}

const biasChart = ({ histogram: data }: BiasFigures): Html =>
  chart(
    'Trained biases',
    `${count(data.total)} values of the model, mean ${figure(data.mean)}`,
    histogram('Trained biases', data, 'bias'),
  )

const constantChart = ({ role, values, histogram: data }: ConstantFigures): Html =>
  chart(
    `Folded constants: ${roles[role]}`,
    `${count(values.length)} values of the generated code, ${figure(data.minimum)} to ${figure(data.maximum)}`,
    histogram(`Constants: ${roles[role]}`, data, roles[role]),
  )
