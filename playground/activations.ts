import { captionOf } from '../src/report/page/activations.ts'
import { html } from '../src/report/page/html.ts'
import { percent } from '../src/report/page/show.ts'
import type { Stage } from '../src/report/report.ts'
import { element, find, paint } from './dom.ts'
import type { Heard, Seen } from './protocol.ts'

/** Draws what every kernel made of the input; the same canvases again while the network is the same. */
export function showActivations(into: HTMLElement, stages: readonly Stage[], seen: readonly Seen[]): void {
  const key = seen.map(({ stage, what }) => `${stage} ${what}`).join()
  if (into.dataset.key !== key) {
    into.dataset.key = key
    into.replaceChildren(
      ...seen.map(({ stage, what, shown }) => {
        const alt = `${what} of ${stages[stage]!.name}`
        return element`<figure><figcaption>${captionOf(stages[stage]!, what, shown)}</figcaption><canvas class="pixels" role="img" aria-label="${alt}"></canvas></figure>`
      }),
    )
  }
  const canvases = into.querySelectorAll('canvas')
  seen.forEach(({ picture, scale }, k) => {
    const canvas = canvases[k]!
    paint(canvas, picture)
    canvas.style.width = `${picture.width * scale}px`
  })
}

/** The words that the filters of a text network found. */
export function showHeard(into: HTMLElement, heard: readonly Heard[], words: readonly string[] | undefined): void {
  into.hidden = heard.length === 0 || !words
  if (into.hidden) return
  const list = element`<ul class="grams">${heard.map(
    ({ tokens, share }) =>
      html`<li><b>${tokens.map(token => words![token] ?? '?').join(' ')}</b> <span class="quiet">${percent(share)}</span></li>`,
  )}</ul>`
  find('ul', into).replaceWith(list)
}
