import { max } from 'd3-array'
import { type ScaleLinear, scaleLinear } from 'd3-scale'
import { area, curveStepAfter, line } from 'd3-shape'
import type { Histogram } from '../report.ts'
import { type Content, type Html, html } from './html.ts'
import { count, figure } from './show.ts'

export const WIDTH = 360
/** Of a plot, and its margins. */
export const HEIGHT = 170
export const LEFT = 44
export const RIGHT = 8
export const TOP = 12
export const BOTTOM = 36

export const plot = (title: string, content: Content, height = HEIGHT): Html =>
  html`<svg class="plot" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">${content}</svg>`

export const chart = (title: string, note: Content, content: Html): Html =>
  html`<figure class="chart"><figcaption><b>${title}</b>${note && html`<span>${note}</span>`}</figcaption>${content}</figure>`

/** Labels below, with what they measure. */
export function bottomAxis(scale: ScaleLinear<number, number>, label: string, height = HEIGHT): Html {
  const y = height - BOTTOM
  return html`<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/>${scale
    .ticks(5)
    .map(
      tick =>
        html`<text class="tick" x="${scale(tick).toFixed(1)}" y="${y + 14}" text-anchor="middle">${figure(tick)}</text>`,
    )}<text class="label" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${height - 5}" text-anchor="middle">${label}</text>`
}

export const leftAxis = (scale: ScaleLinear<number, number>, show: (value: number) => string, ticks = 3): Html =>
  html`${scale.ticks(ticks).map(tick => {
    const y = scale(tick).toFixed(1)
    return html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/><text class="tick" x="${LEFT - 6}" y="${y}" dy="0.32em" text-anchor="end">${show(tick)}</text>`
  })}`

export interface Marks {
  /** Lines across the whole plot. */
  readonly lines?: readonly { readonly at: number; readonly text: string }[]
  /** Short strokes at the bottom, one per value. */
  readonly rug?: readonly number[]
}

/** A histogram in percent of the values; strokes and lines mark places on it. */
export function histogram(title: string, data: Histogram, label: string, { lines = [], rug = [] }: Marks = {}): Html {
  const end = data.start + data.width * data.counts.length
  const x = scaleLinear([data.start, end], [LEFT, WIDTH - RIGHT])
  const share = (bin: number) => (100 * bin) / (data.total || 1)
  const y = scaleLinear([0, share(max(data.counts) ?? 1) * 1.08 || 1], [HEIGHT - BOTTOM, TOP])
  const shape = area<number>()
    .x((_, k) => x(data.start + k * data.width))
    .y0(y(0))
    .y1(bin => y(share(bin)))
    .curve(curveStepAfter)
  const bars = data.counts.map((bin, k) => {
    const low = data.start + k * data.width
    return html`<rect class="hit" x="${x(low).toFixed(1)}" y="${TOP}" width="${((WIDTH - RIGHT - LEFT) / data.counts.length).toFixed(2)}" height="${HEIGHT - BOTTOM - TOP}"><title>${figure(low)} to ${figure(low + data.width)}: ${count(bin)} (${share(bin).toFixed(2)} %)</title></rect>`
  })
  const inside = rug.filter(value => value >= data.start && value <= end)
  return plot(
    title,
    html`${leftAxis(y, value => `${figure(value)} %`)}<path class="area" d="${shape([...data.counts, 0]) ?? ''}"/>${bottomAxis(x, label)}${bars}${inside.map(
      value =>
        html`<line class="rug" x1="${x(value).toFixed(1)}" x2="${x(value).toFixed(1)}" y1="${HEIGHT - BOTTOM - 9}" y2="${HEIGHT - BOTTOM}"/>`,
    )}${lines
      .filter(({ at }) => at >= data.start && at <= end)
      .map(
        ({ at, text }) =>
          html`<g><line class="mark" x1="${x(at).toFixed(1)}" x2="${x(at).toFixed(1)}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/><text class="tick strong" x="${x(at).toFixed(1)}" y="${TOP - 2}" text-anchor="middle">${text}</text></g>`,
      )}`,
  )
}

/** Shares from 0 to 1, sorted: a point per channel, those at an end in another shape. */
export function shares(title: string, values: readonly number[], label: string): Html {
  const sorted = values.map((share, channel) => ({ share, channel })).sort((a, b) => a.share - b.share)
  const x = scaleLinear([0, Math.max(1, sorted.length)], [LEFT, WIDTH - RIGHT])
  const y = scaleLinear([0, 1], [HEIGHT - BOTTOM, TOP])
  const path = line<number>()
    .x((_, k) => x(k))
    .y(value => y(value))
    .curve(curveStepAfter)
  const outline = path([...sorted.map(({ share }) => share), sorted.at(-1)?.share ?? 0]) ?? ''
  return plot(
    title,
    html`${leftAxis(y, value => `${100 * value} %`)}<line class="mark" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(0.5)}" y2="${y(0.5)}"/><path class="stroke" d="${outline}"/>${bottomAxis(x, label)}${sorted.map(
      ({ share, channel }, k) =>
        html`<rect class="hit" x="${x(k).toFixed(1)}" y="${TOP}" width="${(x(1) - x(0)).toFixed(2)}" height="${HEIGHT - BOTTOM - TOP}"><title>channel ${channel}: ${(100 * share).toFixed(1)} % are +1</title></rect>`,
    )}`,
  )
}
