import { createHash } from 'node:crypto'
import { render } from '../../backends/print/template.ts'
import { showBytes, showCount } from '../../cli/show.ts'
import type { Gathered } from '../data/gather.ts'
import type { Report } from '../report.ts'
import { accuracySection } from './accuracy.ts'
import { activationsSection } from './activations.ts'
import { distributionsSection } from './distributions.ts'
import { filtersSection } from './filters.ts'
import { type Html, html } from './html.ts'
import { layersSection } from './layers.ts'
import { networkSection } from './network.ts'
import { count, percent } from './show.ts'
import { storageSection } from './storage.ts'
import { trainingSection } from './training.ts'

/**
 * One file that needs nothing else: its policy lets no more run than its own style and script, by their digests.
 * `words` are those of a text network by number.
 */
export function renderPage(gathered: Gathered, words?: readonly string[]): string {
  const { report } = gathered
  const sections: (readonly [id: string, title: string, content: Html | undefined])[] = [
    ['network', 'Network', networkSection(report)],
    ['layers', 'Layers', layersSection(report)],
    ['filters', 'Filters', filtersSection(gathered)],
    ['activations', 'Activations', activationsSection(gathered, words)],
    ['distributions', 'Distributions', distributionsSection(report)],
    ['accuracy', 'Accuracy', accuracySection(gathered)],
    ['training', 'Training', trainingSection(report)],
    ['storage', 'Bits in memory', storageSection(report)],
  ]
  const filled = sections.filter(([, , content]) => content !== undefined)
  const [style, script] = [render('report/style.css', {}), render('report/script.js', {})]
  return render('report/page.html', {
    title: html`${report.name} – xnorc report`.html,
    policy: `default-src 'none'; img-src data:; style-src ${digestOf(style)}; script-src ${digestOf(script)}; base-uri 'none'; form-action 'none'`,
    style,
    script,
    header: header(report).html,
    links: html`${filled.map(([id, title]) => html`<a href="#${id}">${title}</a>`)}`.html,
    sections: filled.map(([, , content]) => content!.html).join('\n'),
    footer: footer(report).html,
  })
}

const digestOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

function header(report: Report): Html {
  const { totals, constantBytes, workspaceBytes, accuracy, samples } = report
  const share = totals.macs === 0 ? 0 : totals.binaryMacs / totals.macs
  const tiles: (readonly [value: string, what: string])[] = [
    ...(accuracy
      ? [
          [
            percent(accuracy.generated.accuracy),
            accuracy.twin
              ? `accuracy; the float twin has ${percent(accuracy.twin.accuracy)}`
              : `accuracy over ${count(accuracy.samples)} samples`,
          ] as const,
        ]
      : []),
    [`${totals.binaryLayers} of ${totals.layers}`, 'layers work on bits'],
    [percent(share), `of ${showCount(totals.macs)} multiply-accumulates are bits`],
    [showBytes(constantBytes), `of constants for ${showBytes(totals.floatBytes)} of float weights`],
    [showBytes(workspaceBytes), 'of memory while it runs'],
  ]
  const shapes = (ports: Report['inputs']) =>
    ports.map(({ name, dtype, shape }) => `${name} ${dtype}[${shape.join(', ')}]`).join(', ')
  return html`<p class="kicker">xnorc report</p><h1>${report.name}</h1>
<p class="io">${shapes(report.inputs)} → ${shapes(report.outputs)}</p>
<ul class="tiles">${tiles.map(([value, what]) => html`<li><b>${value}</b><span>${what}</span></li>`)}</ul>
${samples.seeded && html`<p class="notice">There is no data set: what is computed on this page is computed on seeded values, which say nothing about accuracy. Give one with --data.</p>`}
${samples.note && html`<p class="notice">Computed by the interpreter: ${samples.note}.</p>`}
${report.warnings.length > 0 && html`<details class="notice"><summary>${report.warnings.length} ${report.warnings.length === 1 ? 'warning' : 'warnings'} of the compiler</summary><ul>${report.warnings.map(text => html`<li>${text}</li>`)}</ul></details>`}`
}

const footer = ({ xnorc, samples }: Report): Html =>
  html`Made by xnorc ${xnorc} with the ${samples.computedBy}. Every figure is in the .json file beside this page.`
