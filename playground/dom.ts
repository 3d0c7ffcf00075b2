import { type Content, html } from '../src/report/page/html.ts'
import type { Picture } from '../src/report/page/png.ts'

/** An element of this page, which is there. */
export const find = <E extends Element = HTMLElement>(selector: string, within: ParentNode = document): E =>
  within.querySelector<E>(selector)!

/** Elements from a template literal, as `html` escapes it. */
export function elements(parts: TemplateStringsArray, ...contents: readonly Content[]): DocumentFragment {
  const template = document.createElement('template')
  template.innerHTML = html(parts, ...contents).html
  return template.content
}

/** The first of them. */
export const element = <E extends Element = HTMLElement>(
  parts: TemplateStringsArray,
  ...contents: readonly Content[]
): E => elements(parts, ...contents).firstElementChild as E

/** Draws a picture of the report into a canvas, a canvas pixel for each of its own. */
export function paint(canvas: HTMLCanvasElement, { width, height, pixels, palette }: Picture): void {
  if (canvas.width !== width) canvas.width = width
  if (canvas.height !== height) canvas.height = height
  const image = new ImageData(width, height)
  for (let k = 0; k < width * height; k++) {
    const colour = palette ? palette[pixels[k]!]! : [...pixels.subarray(3 * k, 3 * k + 3), 255]
    image.data.set(colour, 4 * k)
  }
  canvas.getContext('2d')!.putImageData(image, 0, 0)
}

/** A button that puts text into the clipboard, and says so. */
export function copyButton(text: () => string): HTMLButtonElement {
  const button = element<HTMLButtonElement>`<button type="button" class="small">Copy</button>`
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(text())
    button.textContent = 'Copied'
    setTimeout(() => {
      button.textContent = 'Copy'
    }, 1500)
  })
  return button
}

/** Tabs, as the report has them: arrow keys move between them. Calls `show` with the chosen one's position. */
export function tabList(label: string, titles: readonly string[], controls: string, show: (k: number) => void) {
  const list = element`<div class="tablist" role="tablist" aria-label="${label}">${titles.map(
    (title, k) =>
      html`<button type="button" role="tab" id="${controls}-tab-${k}" aria-controls="${controls}">${title}</button>`,
  )}</div>`
  const tabs = [...list.querySelectorAll<HTMLButtonElement>('[role=tab]')]
  const select = (chosen: number): void => {
    tabs.forEach((tab, k) => {
      tab.setAttribute('aria-selected', String(k === chosen))
      tab.tabIndex = k === chosen ? 0 : -1
    })
    show(chosen)
  }
  const moves: Readonly<Record<string, number>> = {
    ArrowRight: 1,
    ArrowLeft: -1,
    Home: -tabs.length,
    End: tabs.length,
  }
  tabs.forEach((tab, k) => {
    tab.addEventListener('click', () => select(k))
    tab.addEventListener('keydown', event => {
      const move = moves[event.key]
      if (move === undefined) return
      event.preventDefault()
      const next = Math.min(tabs.length - 1, Math.max(0, k + move))
      tabs[next]!.focus()
      select(next)
    })
  })
  return { list, select }
}
