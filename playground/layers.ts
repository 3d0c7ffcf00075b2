import { showBytes, showCount } from '../src/cli/show.ts'
import { html } from '../src/report/page/html.ts'
import { road } from '../src/report/page/network.ts'
import { percent, sizes } from '../src/report/page/show.ts'
import type { LayerSummary } from '../src/summary.ts'
import { element, find, paint } from './dom.ts'
import type { Compiled } from './protocol.ts'
import { showTime } from './results.ts'

/** What was made of the model: the totals, and every layer with its reason. */
export function showLayers({ summary, stages, warnings, milliseconds, filters }: Compiled): void {
  const { totals, constantBytes, workspaceBytes, layers } = summary
  const share = totals.macs === 0 ? 0 : totals.binaryMacs / totals.macs
  const tiles = [
    [`${totals.binaryLayers} of ${totals.layers}`, 'layers work on bits'],
    [percent(share), `of ${showCount(totals.macs)} multiply-accumulates are bits`],
    [showBytes(constantBytes), `of constants for ${showBytes(totals.floatBytes)} of float weights`],
    [showBytes(workspaceBytes), 'of memory while it runs'],
    [showTime(1000 * milliseconds), 'to compile it to WASM, in this page'],
  ]
  find('#tiles').replaceChildren(
    element`<ul class="tiles">${tiles.map(([value, what]) => html`<li><b>${value}</b><span>${what}</span></li>`)}</ul>`,
    ...(warnings.length === 0
      ? []
      : [
          element`<details class="notice" open><summary>${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'} of the compiler</summary><ul>${warnings.map(text => html`<li>${text}</li>`)}</ul></details>`,
        ]),
  )
  const list = element`<ol class="layers">${layers.map(layerRow)}</ol>`
  for (const { layer, picture, about } of filters) {
    const details = element`<details class="filters"><summary>${about}</summary><div class="scroll" tabindex="0" role="region" aria-label="${about}"><canvas class="pixels" role="img" aria-label="${about} of ${layers[layer]!.name}"></canvas></div></details>`
    const canvas = find<HTMLCanvasElement>('canvas', details)
    // As large as the column, by whole pixels.
    const zoom = Math.max(1, Math.min(6, Math.floor(640 / picture.width)))
    details.addEventListener(
      'toggle',
      () => {
        paint(canvas, picture)
        canvas.style.width = `${picture.width * zoom}px`
      },
      { once: true },
    )
    list.children[layer]!.append(details)
  }
  find('#layer-list').replaceChildren(list)
  find('#road').innerHTML = road({ stages, layers }).html
}

const layerRow = ({ name, op, kind, reason, shape, macs, floatBytes, bytes, planes }: LayerSummary, k: number) => {
  const isFew = planes && planes.input * planes.weights > 1
  return html`<li id="layer-${k}"><div class="what"><b>${name}</b> <span class="kind ${kind}">${kind === 'binary' ? 'bits' : kind}</span></div>
<p class="reason">${reason}${isFew && `; ${planes.input} × ${planes.weights} planes of bits`}</p>
<p class="quiet">${op} to ${sizes(shape)} · ${showCount(macs)} MACs · ${showBytes(floatBytes)} → ${showBytes(bytes)}${bytes > 0 && floatBytes > 1.5 * bytes && ` (1 : ${Math.round(floatBytes / bytes)})`}</p></li>`
}
