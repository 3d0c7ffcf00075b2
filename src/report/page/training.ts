import type { Epoch, ParameterSpread, Report } from '../report.ts'
import { chart } from './charts.ts'
import { curves } from './curves.ts'
import { type Html, html } from './html.ts'
import { ridges } from './ridges.ts'
import { count, figure, percent, sizes } from './show.ts'

/** What the training log says, epoch by epoch: accuracy and loss, then how weights and biases were spread. */
export function trainingSection({ training = [], trainingSource = '' }: Report): Html | undefined {
  const last = training.at(-1)
  if (!last) return undefined
  const groups = [
    { title: 'Weights over the epochs', names: namesOf(training).filter(name => !isBias(name)) },
    { title: 'Biases over the epochs', names: namesOf(training).filter(isBias) },
  ]
  return html`<section id="training"><h2>Training</h2>
<p class="lead">${lengthOf(training)}, as ${trainingSource} has them. Accuracy and loss are those of the test set, at the end of each epoch.</p>
<div class="charts">${chart(
    'Accuracy',
    `${percent(last.accuracy)} in the end, ${percent(Math.max(...training.map(({ accuracy }) => accuracy)))} at best`,
    curves(
      'Accuracy over epochs',
      [{ name: 'test', points: training.map(each => [each.epoch, 100 * each.accuracy]) }],
      {
        show: value => `${figure(value)} %`,
      },
    ),
  )}${chart(
    'Loss',
    `${figure(last.loss)} in the end; dashed: of the training samples`,
    curves(
      'Loss over epochs',
      [
        { name: 'test', points: training.map(({ epoch, loss }) => [epoch, loss]) },
        {
          name: 'training',
          points: training.flatMap(({ epoch, trainLoss }) => (trainLoss === undefined ? [] : [[epoch, trainLoss]])),
        },
      ],
      { show: figure },
    ),
  )}</div>
${groups.map(
  ({ title, names }) =>
    names.length > 0 &&
    html`<h3>${title}</h3><p class="lead">A hill per epoch, the last in front, all drawn equally high: what to look at is where it lies and how wide it is.</p>
<div class="charts">${names.map(name => ridgeChart(name, training))}</div>`,
)}</section>`
}

/** `45 epochs: all that the recipe takes`, `2 of the 300 epochs that the recipe takes`. */
function lengthOf(training: readonly Epoch[]): string {
  const { epoch, epochs } = training.at(-1)!
  const plural = epoch === 1 ? 'epoch' : 'epochs'
  if (epochs === undefined) return `${count(epoch)} ${plural}`
  return epoch < epochs
    ? `${count(epoch)} of the ${count(epochs)} epochs that the recipe takes`
    : `${count(epoch)} ${plural}, all that the recipe takes`
}

const isBias = (name: string): boolean => name.endsWith('.bias')

/** In the order of the network. */
const namesOf = (training: readonly Epoch[]): string[] => [
  ...new Set(training.flatMap(({ parameters = [] }) => parameters.map(({ name }) => name))),
]

function ridgeChart(name: string, training: readonly Epoch[]): Html {
  const rows = training.flatMap(({ epoch, parameters = [] }): { epoch: number; spread: ParameterSpread }[] => {
    const spread = parameters.find(each => each.name === name)
    return spread ? [{ epoch, spread }] : []
  })
  const { shape } = rows[0]!.spread
  return chart(name, sizes(shape), ridges(`${name} over the epochs`, rows, isBias(name) ? 'bias' : 'weight'))
}
