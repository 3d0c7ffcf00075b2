import { scaleLinear } from 'd3-scale'
import { showBytes } from '../../cli/show.ts'
import { WORD, wordsFor } from '../../ir/bits.ts'
import type { Report } from '../report.ts'
import { chart, plot, WIDTH } from './charts.ts'
import { type Html, html } from './html.ts'
import { count, figure, sizes } from './show.ts'

/** How bits lie in memory: the words of one pixel and of one filter, and both against floats, to scale. */
export function storageSection(report: Report): Html | undefined {
  const figures = [...report.filters].sort((a, b) => size(b) - size(a))[0]
  if (!figures) return undefined
  const { channels, height, width, filters } = figures
  const layer = report.layers[figures.layer]!
  const words = wordsFor(channels)
  const taps = height * width
  return html`<section id="storage"><h2>Bits in memory</h2>
<p class="lead">Channels of a pixel are packed into words of 32 bits, +1 as 1 and -1 as 0; bits that no channel uses are 0. So one xor compares 32 channels with 32 weights, and a popcount adds them up: sum = channels - 2 · popcount(x xor w). Drawn for ${layer.name}.</p>
<div class="charts">${chart('A pixel', `${count(channels)} channels in ${count(words)} words`, pixel(channels, words))}
${chart('A filter', `${height} × ${width} taps of ${count(words)} words: ${showBytes(taps * words * 4)}, ${showBytes(taps * channels * 4)} as floats`, filterBlock(height, width, words))}
${chart('To scale', `${count(filters)} filters of ${layer.name}: ${figure(layer.floatBytes / (filters * taps * words * 4))} times smaller`, toScale(layer.floatBytes, filters * taps * words * 4))}</div>
<h3>Weights of every layer, to scale</h3>${allLayers(report)}</section>`
}

const size = ({ filters, height, width, channels }: Report['filters'][number]): number =>
  filters * height * width * channels

/** A line per word, a cell per bit: full where a channel lies. */
function pixel(channels: number, words: number): Html {
  const lines = Math.min(words, 12)
  const cell = 9.5
  const cells = Array.from({ length: lines * WORD }, (_, k) => {
    const [word, bit] = [Math.floor(k / WORD), k % WORD]
    return html`<rect class="${k < channels ? 'cell' : 'cell unused'}" x="${(46 + bit * cell).toFixed(1)}" y="${8 + word * 12}" width="8" height="9"/>`
  })
  const more =
    words > lines
      ? html`<text class="label" x="46" y="${8 + lines * 12 + 12}">and ${words - lines} more words</text>`
      : ''
  const unused = words * WORD - channels
  const bottom = 8 + lines * 12 + (more ? 32 : 16)
  return plot(
    `${channels} channels in ${words} words`,
    html`${cells}${Array.from({ length: lines }, (_, word) => html`<text class="tick" x="40" y="${16 + word * 12}" text-anchor="end">word ${word}</text>`)}${more}<text class="label" x="46" y="${bottom}">bit 0 left, 31 right; ${unused === 0 ? 'all are used' : `${unused} unused`}</text>`,
    bottom + 8,
  )
}

/** Taps as a grid, each with its words. */
function filterBlock(height: number, width: number, words: number): Html {
  const [rows, columns] = [Math.min(height, 8), Math.min(width, 8)]
  const box = Math.min(30, 150 / rows, 260 / columns)
  const [left, top] = [(WIDTH - columns * box) / 2, (156 - rows * box) / 2]
  const taps = Array.from({ length: rows * columns }, (_, k) => {
    const [x, y] = [left + (k % columns) * box, top + Math.floor(k / columns) * box]
    const lines = Math.min(words, 6)
    return html`<rect class="block" x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${(box - 2).toFixed(1)}" height="${(box - 2).toFixed(1)}"/>${Array.from({ length: lines }, (_, line) => html`<line class="word" x1="${(x + 3).toFixed(1)}" x2="${(x + box - 5).toFixed(1)}" y1="${(y + ((line + 0.5) * (box - 2)) / lines).toFixed(1)}" y2="${(y + ((line + 0.5) * (box - 2)) / lines).toFixed(1)}"/>`)}`
  })
  return plot(
    `${height} by ${width} taps of ${words} words`,
    html`${taps}<text class="label" x="${WIDTH / 2}" y="168" text-anchor="middle">a box per tap, a line per word of 32 channels</text>`,
  )
}

/** Two squares whose areas are the bytes. */
function toScale(floats: number, bits: number): Html {
  const side = 128
  const small = side * Math.sqrt(bits / floats)
  return plot(
    `${floats} bytes against ${bits} bytes`,
    html`<rect class="square" x="30" y="14" width="${side}" height="${side}"/><rect class="square bit" x="210" y="${(14 + side - small).toFixed(1)}" width="${small.toFixed(1)}" height="${small.toFixed(1)}"/><text class="label" x="${30 + side / 2}" y="162" text-anchor="middle">floats, ${showBytes(floats)}</text><text class="label" x="210" y="162">bits, ${showBytes(bits)}</text>`,
  )
}

function allLayers({ layers }: Report): Html {
  const x = scaleLinear([0, Math.max(...layers.map(({ floatBytes }) => floatBytes), 1)], [0, 100])
  return html`<ul class="scale">${layers.map(
    ({ name, floatBytes, bytes, kind, shape }) =>
      html`<li><span class="what"><b>${name}</b> <small>${sizes(shape)}</small></span><svg viewBox="0 0 100 7" preserveAspectRatio="none" role="img" aria-label="${showBytes(floatBytes)} as floats, ${showBytes(bytes)} here"><rect class="square" x="0" y="0" width="${Math.max(0.3, x(floatBytes)).toFixed(2)}" height="3"/><rect class="square ${kind === 'binary' ? 'bit' : 'same'}" x="0" y="4" width="${Math.max(0.3, x(bytes)).toFixed(2)}" height="3"/></svg><span class="r">${showBytes(floatBytes)} → ${showBytes(bytes)}</span></li>`,
  )}</ul>`
}
