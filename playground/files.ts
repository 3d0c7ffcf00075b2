import { strToU8, zipSync } from 'fflate'
import type { SourceFile } from '../src/backends/backend.ts'
import type { Target } from '../src/backends/registry.ts'
import { showBytes } from '../src/cli/show.ts'
import { html } from '../src/report/page/html.ts'
import { count } from '../src/report/page/show.ts'
import { ask } from './compiler.ts'
import { copyButton, element, find, tabList } from './dom.ts'
import { highlight } from './highlight.ts'

const targets: readonly (readonly [Target, string])[] = [
  ['c', 'C'],
  ['wasm', 'WASM'],
  ['wgsl', 'WebGPU'],
]
/** What is shown at first. */
const LINES = 160
/** Longer lines hold nothing that one reads. */
const CHARACTERS = 400

/** Files of every target, printed when its tab is opened. */
export async function showFiles(name: string): Promise<void> {
  const panel = element`<div id="files-panel" role="tabpanel"></div>`
  let printed: Promise<readonly SourceFile[]> | undefined
  const { list, select } = tabList(
    'Targets',
    targets.map(([, title]) => title),
    'files-panel',
    async k => {
      const [target] = targets[k]!
      panel.setAttribute('aria-labelledby', `files-panel-tab-${k}`)
      panel.replaceChildren(element`<p class="quiet">Compiling …</p>`)
      const request = ask('print', target)
      printed = request
      try {
        const files = await request
        // Another tab may have been opened meanwhile.
        if (printed === request) showTarget(panel, `${name}-${target}`, files)
      } catch (error) {
        panel.replaceChildren(element`<p class="notice">${(error as Error).message}</p>`)
      }
    },
  )
  find('#file-tabs').replaceChildren(list, panel)
  select(0)
}

function showTarget(panel: HTMLElement, name: string, files: readonly SourceFile[]): void {
  const view = element`<div class="view"></div>`
  const choose = element`<div class="buttons" role="group" aria-label="Files">${files.map(
    ({ path, content }) =>
      html`<button type="button" class="small" aria-pressed="false">${path} <small>${showBytes(content.length)}</small></button>`,
  )}</div>`
  const buttons = [...choose.querySelectorAll('button')]
  const open = (chosen: number): void => {
    for (const [k, button] of buttons.entries()) button.setAttribute('aria-pressed', String(k === chosen))
    showFile(view, files[chosen]!)
  }
  for (const [k, button] of buttons.entries()) button.addEventListener('click', () => open(k))
  const all = element<HTMLButtonElement>`<button type="button" class="small strong">All as .zip</button>`
  all.addEventListener('click', () => {
    const entries = files.map(({ path, content }) => [path, typeof content === 'string' ? strToU8(content) : content])
    save(`${name}.zip`, zipSync(Object.fromEntries(entries)))
  })
  choose.append(all)
  panel.replaceChildren(choose, view)
  open(files.findIndex(({ content }) => typeof content === 'string'))
}

function showFile(view: HTMLElement, { path, content }: SourceFile): void {
  const download = element<HTMLButtonElement>`<button type="button" class="small">Download</button>`
  download.addEventListener('click', () => save(path, content))
  const bar = element`<div class="bar-of-file"><b>${path}</b></div>`
  if (typeof content !== 'string') {
    bar.append(download)
    view.replaceChildren(bar, element`<pre tabindex="0" aria-label="${path}"><code>${hex(content)}</code></pre>`)
    return
  }
  bar.append(
    copyButton(() => content),
    download,
  )
  const lines = content.split('\n')
  const code = element`<pre tabindex="0" aria-label="${path}"><code></code></pre>`
  const show = (most: number): void => {
    const text = lines.slice(0, most).map(line => (line.length > CHARACTERS ? `${line.slice(0, CHARACTERS)} …` : line))
    find('code', code).innerHTML = highlight(path, text.join('\n')).html
  }
  show(LINES)
  view.replaceChildren(bar, code)
  if (lines.length <= LINES) return
  const more = element<HTMLButtonElement>`<button type="button" class="small">All ${count(lines.length)} lines</button>`
  more.addEventListener('click', () => {
    show(lines.length)
    more.remove()
  })
  view.append(more)
}

/** The first lines of a binary file. */
function hex(bytes: Uint8Array): string {
  const rows = Array.from({ length: Math.min(24, Math.ceil(bytes.length / 16)) }, (_, row) => {
    const part = [...bytes.subarray(16 * row, 16 * row + 16)]
    const codes = part.map(byte => byte.toString(16).padStart(2, '0')).join(' ')
    const text = part.map(byte => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '·')).join('')
    return `${(16 * row).toString(16).padStart(6, '0')}  ${codes.padEnd(47)}  ${text}`
  })
  return `${rows.join('\n')}${bytes.length > 384 ? `\n…       ${count(bytes.length)} bytes` : ''}`
}

function save(name: string, content: string | Uint8Array): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([content as string]))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
