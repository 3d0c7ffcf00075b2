import { scaleLinear } from 'd3-scale'
import { showBytes, showCount } from '../../cli/show.ts'
import type { Report } from '../report.ts'
import { bottomAxis, chart, leftAxis, plot, WIDTH } from './charts.ts'
import { type Html, html } from './html.ts'
import { figure, percent, sizes } from './show.ts'
import { strategyTable } from './strategies.ts'

export function layersSection(report: Report): Html {
  const { layers, memory } = report
  const timed = layers.some(({ microseconds }) => microseconds !== undefined)
  return html`<section id="layers"><h2>Layers</h2>
<p class="lead">What has weights. A multiply-accumulate (MAC) of bits is one bit of an xor and a popcount. ${timed && 'Time is that of the processor for one sample, measured on this machine. '}Click a heading to sort.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Layers"><table class="sortable"><thead><tr><th scope="col">#</th><th scope="col">layer</th><th scope="col">kind</th><th scope="col">result</th><th scope="col" class="r">MACs</th>${timed && html`<th scope="col" class="r">time</th>`}<th scope="col" class="r">weights as floats</th><th scope="col" class="r">here</th><th scope="col" class="r">smaller by</th><th scope="col" class="r">of peak memory</th><th scope="col">because</th></tr></thead>
<tbody>${layers.map(
    (layer, k) =>
      html`<tr id="layer-${k}"><td data-value="${k}"><a href="#stage-${layer.stage}">${layer.stage}</a></td><td><b>${layer.name}</b><br><small>${layer.op}</small></td><td><span class="kind ${layer.kind}">${layer.kind === 'binary' ? 'bits' : layer.kind}</span></td><td class="nowrap">${sizes(layer.shape)}</td>${number(layer.macs, showCount(layer.macs))}${timed && number(layer.microseconds ?? 0, layer.microseconds === undefined ? '' : `${figure(layer.microseconds)} µs`)}${number(layer.floatBytes, showBytes(layer.floatBytes))}${number(layer.bytes, showBytes(layer.bytes))}${number(layer.floatBytes / layer.bytes, layer.bytes > 0 ? `${figure(layer.floatBytes / layer.bytes)} ×` : '')}${number(layer.aliveBytes, memory.peakBytes > 0 ? percent(layer.aliveBytes / memory.peakBytes) : '')}<td class="because">${layer.reason}</td></tr>`,
  )}</tbody></table></div>
${layers.length > 0 && strategyTable(report)}
${memory.blocks.length > 0 && html`<h3>Memory while it runs</h3><div class="charts">${inUse(report)}${arena(report)}</div>`}</section>`
}

const number = (value: number, text: string): Html => html`<td class="r nowrap" data-value="${value}">${text}</td>`

/** Bytes in use at every step. */
function inUse({ memory }: Report): Html {
  const { steps, peakBytes } = memory
  const height = 220
  const x = scaleLinear([0, steps.length], [44, WIDTH - 8])
  const y = scaleLinear([0, peakBytes / 1024 || 1], [height - 36, 14])
  const bar = x(1) - x(0)
  const bars = steps.map(
    ({ name, stages, bytes }, k) =>
      html`<rect class="${bytes === peakBytes ? 'bar most' : 'bar'}" x="${(x(k) + bar * 0.1).toFixed(1)}" y="${y(bytes / 1024).toFixed(1)}" width="${(bar * 0.8).toFixed(1)}" height="${(y(0) - y(bytes / 1024)).toFixed(1)}"><title>step ${k}, ${name}: ${showBytes(bytes)}</title></rect>${bar > 13 && html`<text class="tick" x="${(x(k) + bar / 2).toFixed(1)}" y="${height - 22}" text-anchor="middle">${stages.at(-1) ?? ''}</text>`}`,
  )
  return chart(
    'In use at every step',
    `most: ${showBytes(peakBytes)} of ${showBytes(memory.workspaceBytes)}`,
    plot(
      'Bytes in use at every step',
      html`${leftAxis(y, figure)}${bars}<line class="axis" x1="44" x2="${WIDTH - 8}" y1="${height - 36}" y2="${height - 36}"/><text class="label" x="${WIDTH / 2 + 18}" y="${height - 5}" text-anchor="middle">station that is computed</text><text class="tick" x="4" y="8">KB</text>`,
      height,
    ),
  )
}

/** Which value lies where, from when to when. */
function arena({ memory }: Report): Html {
  const { blocks, steps, workspaceBytes } = memory
  const height = 220
  const x = scaleLinear([0, Math.max(1, steps.length)], [44, WIDTH - 8])
  const y = scaleLinear([0, workspaceBytes / 1024 || 1], [height - 36, 14])
  const boxes = blocks.map(({ stage, name, offset, bytes, first, last }) => {
    const [left, top] = [x(first) + 1, y((offset + bytes) / 1024)]
    const [w, h] = [x(last + 1) - x(first) - 2, Math.max(1.5, y(offset / 1024) - top)]
    return html`<g><rect class="block" x="${left.toFixed(1)}" y="${top.toFixed(1)}" width="${w.toFixed(1)}" height="${h.toFixed(1)}"/><title>${name}: ${showBytes(bytes)} at ${offset}, steps ${first} to ${last}</title>${h > 12 && w > 12 && html`<text class="tick strong" x="${(left + w / 2).toFixed(1)}" y="${(top + h / 2).toFixed(1)}" dy="0.35em" text-anchor="middle">${stage ?? ''}</text>`}</g>`
  })
  return chart(
    'Where values lie',
    'number of the station that made them',
    plot(
      'Map of the workspace over time',
      html`${leftAxis(y, figure)}${boxes}${bottomAxis(x, 'step', height)}<text class="tick" x="4" y="8">KB</text>`,
      height,
    ),
  )
}
