import { showBytes } from '../../cli/show.ts'
import type { Judgement } from '../../run/judge.ts'
import type { Gathered } from '../data/gather.ts'
import type { Accuracy, Report } from '../report.ts'
import { type Html, html } from './html.ts'
import { photoOf } from './maps.ts'
import { image } from './png.ts'
import { classNames, count, figure, percent } from './show.ts'

/** More classes than this have no room in a confusion matrix. */
const MOST_CLASSES = 24

export function accuracySection({ report, disagreements }: Gathered): Html | undefined {
  const { accuracy } = report
  if (!accuracy) return undefined
  return html`<section id="accuracy"><h2>Accuracy</h2>
${judged(report, accuracy, disagreements)}</section>`
}

function judged(report: Report, accuracy: Accuracy, disagreements: Gathered['disagreements']): Html {
  const { generated, twin, samples, classes } = accuracy
  const nameOf = classNames(report)
  const name = report.samples.computedBy === 'interpreter' ? 'this network (interpreter)' : 'this network (generated C)'
  const columns: [string, Judgement, number][] = [
    [name, generated, report.constantBytes],
    ...(twin ? [['float twin', twin, twin.bytes] as [string, Judgement, number]] : []),
  ]
  return html`<p class="lead">Over ${count(samples)} samples of ${report.samples.source}. Loss is the mean cross-entropy.</p>
<table class="narrow"><thead><tr><th></th>${columns.map(([title]) => html`<th scope="col" class="r">${title}</th>`)}</tr></thead><tbody>
<tr><th scope="row">accuracy</th>${columns.map(([, { accuracy }]) => html`<td class="r"><b>${percent(accuracy)}</b></td>`)}</tr>
<tr><th scope="row">loss</th>${columns.map(([, { loss }]) => html`<td class="r">${figure(loss)}</td>`)}</tr>
<tr><th scope="row">size</th>${columns.map(([, , bytes]) => html`<td class="r">${showBytes(bytes)}</td>`)}</tr></tbody></table>
${classes <= MOST_CLASSES && html`<h3>What is taken for what</h3><p class="lead">A row per class, a column per prediction.</p><div class="matrices">${columns.map(([title, judgement]) => matrix(title, judgement, nameOf))}</div>`}
${accuracy.shown && gallery(accuracy, disagreements, nameOf)}`
}

/** Counts per class and prediction; the share of its class decides the shade. Names stand upright over their columns. */
function matrix(title: string, { confusion }: Judgement, nameOf: (k: number) => string): Html {
  const upright = confusion.some((_, k) => nameOf(k).length > 3) ? 'upright' : ''
  return html`<div><h4>${title}</h4><div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix, ${title}"><table class="confusion ${upright}" aria-label="Confusion matrix, ${title}"><thead><tr><th></th>${confusion.map((_, k) => html`<th scope="col"><span>${nameOf(k)}</span></th>`)}</tr></thead><tbody>${confusion.map(
    (row, label) => {
      const total = row.reduce((a, b) => a + b, 0) || 1
      return html`<tr><th scope="row">${nameOf(label)}</th>${row.map((cell, prediction) => {
        const shade = cell === 0 ? 0 : Math.max(1, Math.ceil((9 * cell) / total))
        return html`<td class="${label === prediction ? 'right' : 'wrong'} q${shade}" title="${count(cell)} of class ${nameOf(label)} taken for ${nameOf(prediction)}">${cell === 0 ? '' : count(cell)}</td>`
      })}</tr>`
    },
  )}</tbody></table></div></div>`
}

function gallery(
  { shown = [], onlyGenerated = 0, onlyTwin = 0 }: Accuracy,
  inputs: Gathered['disagreements'],
  nameOf: (k: number) => string,
): Html {
  const entries = shown.map((each, k) => ({
    each,
    photo: [...inputs[k]!.values()].flatMap(tensor => photoOf(tensor) ?? [])[0],
  }))
  const list = (right: boolean) => {
    const picked = entries.filter(({ each }) => (each.generated === each.label) === right)
    return html`<ul class="gallery">${picked.map(
      ({ each, photo }) =>
        html`<li>${photo && image(photo.picture, Math.max(1, Math.floor(photo.scale / 2)), `sample ${each.sample}`)}<span><b>${each.sample}</b> is ${nameOf(each.label)}<br>here ${nameOf(each.generated)}<br>twin ${nameOf(each.twin)}</span></li>`,
    )}</ul>`
  }
  return html`<h3>Where the two differ</h3>
<h4>Only the float twin is right: ${count(onlyTwin)}</h4>${list(false)}
<h4>Only this network is right: ${count(onlyGenerated)}</h4>${list(true)}`
}
