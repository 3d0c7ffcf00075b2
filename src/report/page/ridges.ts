import { scaleLinear } from 'd3-scale'
import { area, curveBasis } from 'd3-shape'
import type { ParameterSpread } from '../report.ts'
import { BOTTOM, bottomAxis, LEFT, plot, RIGHT, WIDTH } from './charts.ts'
import { type Html, html } from './html.ts'
import { figure } from './show.ts'

/** More hills than these would hide each other. */
const MOST = 15
const ROW = 13
/** The highest hill, in rows. */
const REACH = 2.6

interface Row {
  readonly epoch: number
  readonly spread: ParameterSpread
}

/** Histograms over the epochs as a row of hills, the first at the back, all equally high: few epochs would hide the others. */
export function ridges(title: string, all: readonly Row[], label: string): Html {
  const rows = pick(all, MOST)
  const hills = rows.map(({ epoch, spread }) => ({ epoch, points: outline(spread), spread }))
  const xs = hills.flatMap(({ points }) => points.map(([x]) => x))
  const top = REACH * ROW + 6
  const height = top + (hills.length - 1) * ROW + BOTTOM
  const x = scaleLinear([Math.min(...xs), Math.max(...xs)], [LEFT, WIDTH - RIGHT])
  const labelled = Math.ceil(hills.length / 8)
  return plot(
    title,
    html`${hills.map(({ epoch, points, spread }, k) => {
      const y = top + k * ROW
      const shape = area<readonly [number, number]>()
        .x(([at]) => x(at))
        .y0(y)
        .y1(([, share]) => y - share * REACH * ROW)
        .curve(curveBasis)
      const isNamed = (hills.length - 1 - k) % labelled === 0
      return html`<g><path class="area ridge" d="${shape(points) ?? ''}"/><title>epoch ${epoch}: ${figure(spread.start)} to ${figure(spread.start + spread.width * spread.counts.length)}</title>${isNamed && html`<text class="tick" x="${LEFT - 6}" y="${y}" text-anchor="end">${epoch}</text>`}</g>`
    })}<text class="tick" x="${LEFT - 6}" y="${Math.max(10, top - ROW - 4)}" text-anchor="end">epoch</text>${bottomAxis(x, label, height)}`,
    height,
  )
}

/** So many of them at most, evenly spread, the first and the last among them. */
function pick<T>(all: readonly T[], most: number): T[] {
  if (all.length <= most) return [...all]
  return Array.from({ length: most }, (_, k) => all[Math.round((k * (all.length - 1)) / (most - 1))]!)
}

/** Middle of every bin and its part of the largest, and a zero at both ends. Few values get fewer bins than they came in. */
function outline({ start, width, counts }: ParameterSpread): (readonly [number, number])[] {
  const total = counts.reduce((a, b) => a + b, 0)
  const merged = Math.max(1, Math.floor(counts.length / Math.max(4, 2.5 * Math.cbrt(total))))
  const bins = Array.from({ length: Math.ceil(counts.length / merged) }, (_, k) =>
    counts.slice(k * merged, (k + 1) * merged).reduce((a, b) => a + b, 0),
  )
  const most = Math.max(...bins) || 1
  // Values that are all the same are a hill of one bin.
  const step = merged * width || Math.max(1e-6, Math.abs(start) / 100)
  return [
    [start - step / 2, 0],
    ...bins.map((bin, k) => [start + (k + 0.5) * step, bin / most] as const),
    [start + (bins.length + 0.5) * step, 0],
  ]
}
