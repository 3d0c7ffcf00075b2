import { type ScaleLinear, scaleLinear } from 'd3-scale'
import { line } from 'd3-shape'
import { BOTTOM, HEIGHT, LEFT, leftAxis, plot, RIGHT, TOP, WIDTH } from './charts.ts'
import { type Html, html } from './html.ts'

interface Curve {
  readonly name: string
  /** [epoch, value] */
  readonly points: readonly (readonly [number, number])[]
}

/** Curves over the epochs on one axis, the first with points; the others are dashed. */
export function curves(
  title: string,
  all: readonly Curve[],
  { show }: { readonly show: (value: number) => string },
): Html {
  const points = all.flatMap(each => each.points)
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)]
  const [first, last, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  // A single epoch stands in the middle.
  const margin = first === last ? 1 : 0
  const x = scaleLinear([first - margin, last + margin], [LEFT + 4, WIDTH - RIGHT - 4])
  const y = scaleLinear(low === high ? [low - 1, high + 1] : [low, high], [HEIGHT - BOTTOM, TOP]).nice()
  const path = line<readonly [number, number]>()
    .x(([at]) => x(at))
    .y(([, value]) => y(value))
  return plot(
    title,
    html`${leftAxis(y, show, 4)}${epochAxis(x, first, last, HEIGHT)}${all.map(
      (each, k) => html`<path class="${k === 0 ? 'stroke' : 'stroke other'}" d="${path(each.points) ?? ''}"/>`,
    )}${all.map((each, k) =>
      each.points.map(
        ([at, value]) =>
          html`<circle class="${k === 0 ? 'point' : 'point other'}" cx="${x(at).toFixed(1)}" cy="${y(value).toFixed(1)}" r="2.5"><title>epoch ${at}, ${each.name}: ${show(value)}</title></circle>`,
      ),
    )}`,
  )
}

/** Whole epochs only. */
function epochAxis(x: ScaleLinear<number, number>, first: number, last: number, height: number): Html {
  const y = height - BOTTOM
  const ticks = first === last ? [first] : x.ticks(Math.min(6, last - first)).filter(Number.isInteger)
  return html`<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/>${ticks.map(
    tick => html`<text class="tick" x="${x(tick).toFixed(1)}" y="${y + 14}" text-anchor="middle">${tick}</text>`,
  )}<text class="label" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${height - 5}" text-anchor="middle">epoch</text>`
}
