import type { Filters } from '../data/filters.ts'
import type { Gathered } from '../data/gather.ts'
import type { FilterFigures, Report } from '../report.ts'
import { type Html, html } from './html.ts'
import { BITS, NOTHING, SIGNED } from './palettes.ts'
import { image, type Picture } from './png.ts'
import { count, percent } from './show.ts'
import { tabs } from './tabs.ts'

/** Pictures of more weights than this would make the page too large. */
const MOST_WEIGHTS = 2 ** 20

export function filtersSection({ report, filters }: Gathered): Html | undefined {
  const isBinary = ({ weights }: Filters) => weights.dtype === 'bit'
  // What the network is about comes first.
  const drawn = [...filters.filter(isBinary), ...filters.filter(each => !isBinary(each) && isSmall(each))]
  if (drawn.length === 0) return undefined
  return html`<section id="filters"><h2>Filters</h2>
<p class="lead">White is +1, black is -1; the filters with the most +1 come first. They are shown as the generated code has them, which may be the other way round than in the model: then the comparison behind them is, too. Click a picture to enlarge it.</p>
${tabs(
  'filters-of',
  'Layers with filters',
  drawn.map(each => ({ title: report.layers[each.layer]!.name, content: panel(report, each) })),
)}</section>`
}

const isSmall = ({ weights }: Filters): boolean =>
  weights.dtype === 'f32' && weights.shape[1]! > 1 && weights.values.length <= 2 ** 15

function panel(report: Report, each: Filters): Html {
  const figures = report.filters.find(({ layer }) => layer === each.layer)
  const [o, h, w, c] = each.weights.shape as [number, number, number, number]
  const name = report.layers[each.layer]!.name
  const alt = `${o} filters of ${h} × ${w} × ${c} of ${name}`
  const isTooLarge = each.weights.values.length > MOST_WEIGHTS
  const picture = filterPicture(each, figures)
  const scale = Math.max(
    1,
    Math.min(figures ? 4 : 6, Math.floor(1060 / picture.width), Math.floor(700 / picture.height)),
  )
  return html`${figures ? facts(report, figures) : html`<p><b>${count(o)}</b> filters of floats, ${h} × ${w} × ${c}; each in colours of its own largest weight.</p>`}
${isTooLarge ? html`<p class="quiet">Too many weights for a picture.</p>` : html`<div class="scroll picture" tabindex="0" role="region" aria-label="${alt}">${image(picture, scale, alt, true)}</div>`}`
}

/** Bits where they were compared, else floats. */
export const filterPicture = (filters: Filters, figures: FilterFigures | undefined): Picture =>
  figures ? bitPicture(filters, figures) : floatPicture(filters)

function facts(report: Report, figures: FilterFigures): Html {
  const { filters, height, width, channels, distinct, equal, opposite, distinctKernels } = figures
  const sign = report.signs.find(({ stage }) => stage === report.layers[figures.layer]!.stage)
  const items: [string, string][] = [
    [count(filters), `filters of ${height} × ${width} × ${count(channels)}`],
    [count(distinct), 'of them distinct'],
    ...(equal.length > 0 ? [[groups(equal), 'equal to each other'] as [string, string]] : []),
    ...(opposite.length > 0 ? [[groups(opposite), 'opposite to each other'] as [string, string]] : []),
    ...(distinctKernels === undefined
      ? []
      : [
          [
            count(distinctKernels),
            `distinct kernels among ${count(filters * channels)}${height * width < 16 ? `, of ${count(2 ** (height * width))} possible` : ''}`,
          ] as [string, string],
        ]),
    ...(sign
      ? [
          [
            count(sign.never.length + sign.always.length),
            `dead: ${sign.never.length} never, ${sign.always.length} always +1`,
          ] as [string, string],
        ]
      : []),
    [percent(figures.plusShare.reduce((a, b) => a + b, 0) / filters), 'of the weights are +1'],
  ]
  const across = sideBySide(figures) ? ['column', 'row'] : ['row', 'column']
  return html`<ul class="facts" data-layer="${figures.layer}">${items.map(([value, text]) => html`<li><b>${value}</b> ${text}</li>`)}</ul><p class="quiet">A ${across[0]!} per filter, a ${across[1]!} per input channel.</p>`
}

/** `3 = 7, 1 = 2`, and how many more. */
const groups = (list: readonly (readonly number[])[]): string =>
  `${list
    .slice(0, 4)
    .map(group => group.join(', '))
    .join('; ')}${list.length > 4 ? ` and ${list.length - 4} more` : ''}`

/** Of 1 × 1 kernels a line per filter; of larger ones a tile per filter and channel, the more numerous side by side. */
function bitPicture({ weights }: Filters, figures: FilterFigures): Picture {
  const { height: h, width: w, channels: c, filters: o, plusShare } = figures
  const order = plusShare.map((share, k) => ({ share, k })).sort((a, b) => b.share - a.share || a.k - b.k)
  const gap = h * w > 1 ? 1 : 0
  const [columns, rows] = sideBySide(figures) ? [o, c] : [c, o]
  const [width, height] = [columns * (w + gap) - gap, rows * (h + gap) - gap]
  const pixels = new Uint8Array(width * height).fill(NOTHING)
  order.forEach(({ k }, place) => {
    for (let channel = 0; channel < c; channel++) {
      const [column, row] = sideBySide(figures) ? [place, channel] : [channel, place]
      for (let y = 0; y < h; y++)
        for (let x = 0; x < w; x++)
          pixels[(row * (h + gap) + y) * width + column * (w + gap) + x] = Number(
            weights.values[((k * h + y) * w + x) * c + channel],
          )
    }
  })
  return { width, height, pixels, palette: gap ? BITS : BITS.slice(0, 2) }
}

const sideBySide = ({ height, width, channels, filters }: FilterFigures): boolean =>
  height * width > 1 && filters > channels

/** Three channels as colours, others as tiles side by side; 24 filters, or one with all its channels, to a line. */
function floatPicture({ weights }: Filters): Picture {
  const [o, h, w, c] = weights.shape as [number, number, number, number]
  const values = weights.values as Float32Array
  const isColour = c === 3
  const depth = isColour ? 3 : 1
  const tiles = isColour ? o : o * c
  const columns = Math.min(isColour || c === 1 ? 24 : c, tiles)
  const [width, height] = [columns * (w + 1) - 1, Math.ceil(tiles / columns) * (h + 1) - 1]
  const pixels = new Uint8Array(width * height * depth).fill(isColour ? 128 : SIGNED.length - 1)
  for (let tile = 0; tile < tiles; tile++) {
    const k = isColour ? tile : Math.floor(tile / c)
    const filter = values.subarray(k * h * w * c, (k + 1) * h * w * c)
    const most = filter.reduce((size, value) => Math.max(size, Math.abs(value)), 0) || 1
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++)
        for (let channel = 0; channel < depth; channel++) {
          const value = filter[(y * w + x) * c + (isColour ? channel : tile % c)]!
          const at = (Math.floor(tile / columns) * (h + 1) + y) * width + (tile % columns) * (w + 1) + x
          pixels[at * depth + channel] = Math.round(((value / most + 1) / 2) * (isColour ? 255 : 30))
        }
  }
  return { width, height, pixels, ...(isColour ? {} : { palette: SIGNED }) }
}
