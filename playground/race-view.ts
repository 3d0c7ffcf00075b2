import { html } from '../src/report/page/html.ts'
import { figure } from '../src/report/page/show.ts'
import { ask } from './compiler.ts'
import { element, find } from './dom.ts'
import type { Race } from './protocol.ts'
import { showTime } from './results.ts'

const TURNS = 24

/** Starts when the button is pressed, and stops after some turns or when another model is compiled. */
export function prepareRace(): void {
  const button = find<HTMLButtonElement>('#start-race')
  const result = find('#race-result')
  result.replaceChildren()
  button.disabled = false
  button.onclick = async () => {
    button.disabled = true
    const chart = element`<p class="quiet">Fetching onnxruntime-web …</p>`
    result.replaceChildren(chart)
    try {
      for (let turn = 0; turn < TURNS && result.firstChild; turn++) showRace(result, await ask('race'))
    } catch (error) {
      result.replaceChildren(
        element`<p class="notice">onnxruntime-web does not take part: ${(error as Error).message}</p>`,
      )
    }
    button.disabled = false
  }
}

function showRace(into: HTMLElement, { turns, xnorc, onnxruntime, difference, largest }: Race): void {
  const slowest = Math.max(xnorc, onnxruntime)
  const ratio = onnxruntime / xnorc
  const rows = [
    ['xnorc', xnorc],
    ['onnxruntime-web', onnxruntime],
  ] as const
  const table = element`<div><table class="bars race"><caption><b class="verdict">${figure(Number(ratio.toPrecision(2)))} ×</b> <span class="quiet">${ratio >= 1 ? 'as fast' : 'the speed'} as onnxruntime-web; turn ${turns} of ${TURNS}</span></caption><tbody>${rows.map(
    ([name, time]) =>
      html`<tr class="${name === 'xnorc' ? 'best' : ''}"><th scope="row">${name}</th><td><span class="track"><span class="fill"></span></span></td><td class="r">${showTime(time)}</td></tr>`,
  )}</tbody></table><p class="quiet">Largest difference of an output: ${difference.toExponential(1)}, where the largest is ${figure(largest)}.</p></div>`
  table.querySelectorAll<HTMLElement>('.fill').forEach((fill, k) => {
    fill.style.width = `${(100 * rows[k]![1]) / slowest}%`
  })
  into.replaceChildren(table)
}
