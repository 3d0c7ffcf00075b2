import type { Layer, Report } from '../report.ts'
import { type Html, html } from './html.ts'
import { figure } from './show.ts'

/** Which kernel and which inner loops compute a layer, and how long it takes with each instruction set measured. */
export function strategyTable(report: Report): Html {
  const { layers } = report
  const isas = layers[0]?.times?.map(({ isa }) => isa) ?? []
  return html`<h3>How the generated C computes them</h3>
<p class="lead">An inner loop is named by the pixels × filters that it computes at a time. ${isas.length > 0 && `Time is that of the processor for one sample with each instruction set that this machine has; the share is that of the peak that the inner loops reach on data in the first cache.`}</p>
<div class="scroll" tabindex="0" role="region" aria-label="How layers are computed"><table><thead><tr><th scope="col">#</th><th scope="col">layer</th><th scope="col">kernel</th><th scope="col">inner loops</th>${isas.map(isa => html`<th scope="col" class="r">${isa}</th>`)}</tr></thead><tbody>${layers.map(
    layer =>
      html`<tr><td><a href="#stage-${layer.stage}">${layer.stage}</a></td><td><b>${layer.name}</b></td><td>${layer.strategy.kernel}${others(report, layer)}</td><td>${loops(layer)}</td>${isas.map((_, k) => timeOf(layer, k))}</tr>`,
  )}</tbody></table></div>`
}

/** Layers that run in the same step, row by row: their times are one. */
function others({ layers, memory }: Report, { stage }: Layer): Html | undefined {
  const step = memory.steps.find(({ stages }) => stages.includes(stage))
  const found = step?.stages.filter(other => other !== stage && layers.some(layer => layer.stage === other)) ?? []
  return found.length === 0 ? undefined : html`<br><small class="nowrap">one step with ${found.join(', ')}</small>`
}

/** The portable names; a tooltip has those of the instruction sets. */
const loops = ({ strategy: { functions } }: Layer): Html[] =>
  functions.map(
    ({ name, variants }) =>
      html`<span class="loop" title="${variants.map(variant => `${variant.isa}: ${variant.name}`).join('\n')}">${name}<small>${variants.map(({ isa }) => isa).join(', ')}</small></span>`,
  )

function timeOf({ times = [] }: Layer, k: number): Html {
  const { microseconds, peakShare } = times[k]!
  return html`<td class="r nowrap">${figure(microseconds)} µs${peakShare !== undefined && html`<br><small>${(100 * peakShare).toFixed(0)} % of the peak</small>`}</td>`
}
