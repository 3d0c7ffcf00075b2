import { numbersOf } from '../src/ir/tensor.ts'
import { html } from '../src/report/page/html.ts'
import { figure, percent } from '../src/report/page/show.ts'
import { element, find } from './dom.ts'
import type { Feeds } from './protocol.ts'

const MOST = 10

/** The outputs of the last run: classes with their probabilities, the best ten where there are more. */
export function showOutputs(into: HTMLElement, outputs: Feeds | undefined, labels: readonly string[]): void {
  const [first] = outputs ?? []
  if (!first) {
    into.replaceChildren(element`<p class="quiet">An index of this input points outside its table.</p>`)
    return
  }
  const values = numbersOf(first[1])
  const chances = softmax(values)
  const ranked = values.map((_, k) => k).sort((a, b) => values[b]! - values[a]!)
  const best = ranked[0]!
  const shown = values.length <= MOST ? values.map((_, k) => k) : ranked.slice(0, MOST)
  const nameOf = (k: number): string => labels[k] ?? `${k}`
  const table = element`<table class="bars"><caption>${values.length > 1 ? html`<b class="verdict">${nameOf(best)}</b> <span class="quiet">${percent(chances[best]!)}</span>` : first[0]}</caption><thead><tr><th scope="col">class</th><th scope="col">chance</th><th scope="col" class="r">output</th></tr></thead><tbody>${shown.map(
    k =>
      html`<tr class="${k === best ? 'best' : ''}"><th scope="row">${nameOf(k)}</th><td><span class="track"><span class="fill"></span></span></td><td class="r" data-value="${values[k]}">${figure(values[k]!)}</td></tr>`,
  )}</tbody></table>`
  table.querySelectorAll<HTMLElement>('.fill').forEach((fill, row) => {
    fill.style.width = `${100 * chances[shown[row]!]!}%`
  })
  into.replaceChildren(table)
}

function softmax(values: readonly number[]): number[] {
  const most = Math.max(...values)
  const powers = values.map(value => Math.exp(value - most))
  const total = powers.reduce((sum, power) => sum + power, 0)
  return powers.map(power => power / total)
}

/** 12.3 µs, 1.23 ms. */
export const showTime = (microseconds: number): string =>
  microseconds < 1000
    ? `${figure(Number(microseconds.toPrecision(3)))} µs`
    : `${figure(Number((microseconds / 1000).toPrecision(3)))} ms`

export function showRunTime(microseconds: number): void {
  find('#run-time').textContent = Number.isNaN(microseconds)
    ? ''
    : `${showTime(microseconds)} per run, in WASM, one thread`
}
