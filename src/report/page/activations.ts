import { max } from 'd3-array'
import type { Gathered } from '../data/gather.ts'
import type { Activations } from '../data/samples.ts'
import type { Report, ShownSample, Stage } from '../report.ts'
import { type Html, html } from './html.ts'
import { mapsOf, partsOf, photoOf } from './maps.ts'
import { image } from './png.ts'
import { classNames, count, figure, percent, sizes, verbOf } from './show.ts'
import { tabs } from './tabs.ts'

export function activationsSection({ report, activations }: Gathered, words?: readonly string[]): Html | undefined {
  const { shown, samples } = report
  if (shown.length === 0) return undefined
  return html`<section id="activations"><h2>Activations</h2>
<p class="lead">${samples.seeded ? 'Seeded values, made up for this page: they show how the network works, not how well. ' : ''}What every station makes of a sample. Signs are white (+1) and black (-1); numbers that have both signs are blue above 0 and orange below; others are grey, the largest white.</p>
${tabs(
  'samples-of',
  'Samples',
  shown.map((sample, k) => ({
    title: `${samples.seeded ? 'Seed' : 'Sample'} ${sample.sample}`,
    content: panel(report, sample, activations[k]!, words),
  })),
)}</section>`
}

function panel(report: Report, sample: ShownSample, activations: Activations, words?: readonly string[]): Html {
  const photo = report.stages
    .filter(({ op }) => op === 'input')
    .flatMap(({ id }) => photoOf(activations.value.get(id)!) ?? [])
  return html`<div class="sample"><div>${photo.map(({ picture, scale }) => image(picture, scale, `input, sample ${sample.sample}`))}${sample.tokens && text(sample.tokens, words)}</div>${scores(sample, classNames(report))}</div>
${sample.grams && sample.grams.length > 0 && grams(report, sample, words)}
<div class="maps">${report.stages.flatMap(stage => figures(stage, activations))}</div>`
}

/** The outputs as bars. */
function scores({ outputs, label }: ShownSample, nameOf: (k: number) => string): Html | undefined {
  if (outputs.length > 40) return undefined
  const most = max(outputs, Math.abs) || 1
  const best = outputs.indexOf(Math.max(...outputs))
  return html`<table class="scores"><caption>outputs${label === undefined ? '' : best === label ? `: ${nameOf(best)}, right` : `: ${nameOf(best)}, wrong; the class is ${nameOf(label)}`}</caption><tbody>${outputs.map(
    (value, k) =>
      html`<tr class="${k === best ? 'best' : ''}"><th scope="row">${nameOf(k)}${k === label && html`<span class="label-mark" title="the class of the sample"> ✓</span>`}</th><td><svg viewBox="0 0 120 10" width="120" height="10" aria-hidden="true"><line class="axis" x1="60" x2="60" y1="0" y2="10"/><rect class="bar" x="${value < 0 ? 60 + (60 * value) / most : 60}" y="1" width="${(60 * Math.abs(value)) / most}" height="8"/></svg></td><td class="r">${figure(value)}</td></tr>`,
  )}</tbody></table>`
}

function text(tokens: readonly number[], words?: readonly string[]): Html {
  const last = tokens.findLastIndex(token => token !== tokens.at(-1)) + 1
  return html`<p class="tokens">${tokens
    .slice(0, last)
    .map(token => wordOf(token, words))
    .join(
      ' ',
    )}</p>${last < tokens.length && html`<p class="quiet">${count(tokens.length - last)} more of ${wordOf(tokens.at(-1)!, words)}</p>`}`
}

function grams(report: Report, { grams = [] }: ShownSample, words?: readonly string[]): Html {
  return html`<h4>What filters answered to</h4><div class="scroll" tabindex="0" role="region" aria-label="n-grams"><table><thead><tr><th scope="col">words</th><th scope="col" class="r">position</th><th scope="col">filter</th><th scope="col" class="r">sum</th><th scope="col" class="r">of the largest possible</th></tr></thead><tbody>${grams.map(
    ({ stage, filter, position, tokens, sum, share }) =>
      html`<tr><td class="nowrap"><b>${tokens.map(token => wordOf(token, words)).join(' ')}</b></td><td class="r">${position}</td><td class="nowrap">${filter} of ${report.stages[stage]!.name}</td><td class="r">${figure(sum)}</td><td class="r">${percent(share)}</td></tr>`,
  )}</tbody></table></div>`
}

const wordOf = (token: number, words: readonly string[] = []): string => words[token] ?? `#${token}`

function figures(stage: Stage, activations: Activations): Html[] {
  return partsOf(stage, activations).map(part => {
    const { picture, scale, shown } = mapsOf(part.tensor)
    const alt = `${part.what} of ${stage.name}, ${sizes(stage.shape)}`
    return html`<figure><figcaption>${captionOf(stage, part.what, shown)}</figcaption>${image(picture, scale, alt, true)}</figure>`
  })
}

/** `3 bits`, the name, what computes it. */
export function captionOf(stage: Stage, what: string, shown: number): Html {
  const channels = stage.shape.at(-1) ?? 1
  const rest = shown < channels ? `; first ${shown}` : ''
  return html`<b><a href="#stage-${stage.id}">${stage.id}</a> ${what}</b><span title="${stage.name}">${stage.name}</span><span>${verbOf(stage)}, ${sizes(stage.shape)}${rest}</span>`
}
