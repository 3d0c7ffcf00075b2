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
const REACH = 4

interface Row {
  readonly epoch: number
  readonly spread: ParameterSpread
}

/** Histograms over the epochs as a row of hills, the first at the back; densities, so that every hill has the same area. */
export function ridges(title: string, all: readonly Row[], label: string): Html {
  const rows = pick(all, MOST)
  const hills = rows.map(({ epoch, spread }) => ({ epoch, points: densities(spread), spread }))
  const xs = hills.flatMap(({ points }) => points.map(([x]) => x))
  const most = Math.max(...hills.flatMap(({ points }) => points.map(([, density]) => density))) || 1
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
        .y1(([, density]) => y - (density / most) * REACH * ROW)
        .curve(curveBasis)
      const isNamed = (hills.length - 1 - k) % labelled === 0
      return html`<g><path class="area ridge" d="${shape(points) ?? ''}"/><title>epoch ${epoch}: ${figure(spread.start)} to ${figure(spread.start + spread.width * spread.counts.length)}</title>${isNamed && html`<text class="tick" x="${LEFT - 6}" y="${y}" text-anchor="end">${epoch}</text>`}</g>`
    })}<text class="tick" x="${LEFT - 6}" y="${Math.max(10, top - 2 * ROW)}" text-anchor="end">epoch</text>${bottomAxis(x, label, height)}`,
  )
}

/** So many of them at most, evenly spread, the first and the last among them. */
function pick<T>(all: readonly T[], most: number): T[] {
  if (all.length <= most) return [...all]
  return Array.from({ length: most }, (_, k) => all[Math.round((k * (all.length - 1)) / (most - 1))]!)
}

/** Middle and density of every bin, and a zero at both ends. Values that are all the same are a hill of one bin. */
function densities({ start, width, counts }: ParameterSpread): (readonly [number, number])[] {
  const total = counts.reduce((a, b) => a + b, 0) || 1
  const step = width > 0 ? width : Math.max(1e-6, Math.abs(start) / 100)
  return [
    [start - step / 2, 0],
    ...counts.map((bin, k) => [start + (k + 0.5) * step, bin / total / step] as const),
    [start + (counts.length + 0.5) * step, 0],
  ]
}
