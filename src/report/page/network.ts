import { linkVertical } from 'd3-shape'
import { showBytes, showCount } from '../../cli/show.ts'
import type { Layer, Report, Stage } from '../report.ts'
import { type Html, html } from './html.ts'
import { kinds, sizes, verbOf } from './show.ts'

const ROW = 72
const LANE = 26

/** What the road is drawn from. */
type Road = Pick<Report, 'stages'> & { readonly layers: readonly Pick<Layer, 'macs'>[] }

export function networkSection(report: Road): Html {
  return html`<section id="network"><h2>The network</h2>
<p class="lead">From top to bottom, a station is one kernel of the generated code. Dotted lines carry bits, solid ones numbers; the wider, the more bytes. With it stand the ONNX nodes that became this kernel.</p>
${road(report)}</section>`
}

/** The road from input to output, a station per kernel: bits are thin dotted lines, all else is as thick as it is large. */
export function road(report: Road): Html {
  const { stages } = report
  const lanes = lanesOf(stages)
  const width = (Math.max(...lanes) + 1) * LANE + 14
  const place = (stage: number): [number, number] => [20 + lanes[stage]! * LANE, stage * ROW + ROW / 2]
  const edges = stages.flatMap(stage => stage.reads.map(read => ({ from: stages[read]!, to: stage })))
  return html`<div class="road"><svg width="${width}" height="${stages.length * ROW}" viewBox="0 0 ${width} ${stages.length * ROW}" aria-hidden="true">
${edges.map(({ from, to }) => edge(place(from.id), place(to.id), from))}
${stages.map(stage => station(place(stage.id), stage))}</svg>
<ol>${stages.map(stage => row(report, stage))}</ol></div>`
}

/**
 * A lane per stage, as logs of versions are drawn: a value stays in its lane until it is read for the last time, and who
 * reads it then goes on in it.
 */
export function lanesOf(stages: readonly Stage[]): number[] {
  const last = new Map<number, number>()
  for (const { id, reads } of stages) for (const read of reads) last.set(read, id)
  const lanes: number[] = []
  const busyUntil: number[] = []
  for (const { id, reads } of stages) {
    const own = reads.find(read => last.get(read) === id)
    const free = busyUntil.findIndex(until => until <= id && !(own === undefined && until === id))
    const lane = own !== undefined ? lanes[own]! : free >= 0 ? free : busyUntil.length
    lanes.push(lane)
    busyUntil[lane] = last.get(id) ?? id
  }
  return lanes
}

function edge([x1, y1]: [number, number], [x2, y2]: [number, number], { dtype, bytes }: Stage): Html {
  const bend = linkVertical()({ source: [x1, y2 - ROW], target: [x2, y2] })
  const path =
    x1 === x2 ? `M${x1},${y1}L${x2},${y2}` : `M${x1},${y1}L${x1},${y2 - ROW}${bend?.slice(bend.indexOf('C'))}`
  const width = Math.min(10, Math.max(2, Math.log2(bytes / 64))).toFixed(1)
  return html`<path class="${dtype === 'bit' ? 'edge bits' : 'edge'}" d="${path}" stroke-width="${width}"/>`
}

function station([x, y]: [number, number], { dtype, op }: Stage): Html {
  if (op === 'binaryConv2d')
    return html`<rect class="node binary" x="${x - 9}" y="${y - 9}" width="18" height="18" rx="2"/>`
  return html`<circle class="${dtype === 'bit' ? 'node bit' : 'node'}" cx="${x}" cy="${y}" r="${op.endsWith('onv2d') ? 9 : 7}"/>`
}

function row(report: Road, stage: Stage): Html {
  const { layer, dtype, shape, bytes, ring, output, from } = stage
  const macs = layer === undefined ? 0 : report.layers[layer]!.macs
  const name = html`<b>${stage.name}</b>`
  const notes = [
    `${sizes(shape)} ${kinds[dtype]}`,
    showBytes(bytes),
    ...(macs > 0 ? [`${showCount(macs)} MACs`] : []),
    ...(ring ? ['only a few rows at a time'] : []),
    ...(output ? [`output ${output}`] : []),
  ]
  return html`<li id="stage-${stage.id}"><div class="kernel"><div class="name"><span class="number">${stage.id}</span>${layer === undefined ? name : html`<a href="#layer-${layer}">${name}</a>`}<span class="verb">${verbOf(stage)}</span></div>
<div class="size">${notes.join(' · ')}</div></div>
<div class="from" title="${from.map(node => `${node.op} ${node.name}`).join('\n')}">${from.map(({ op }) => html`<code>${op}</code>`)}</div></li>`
}
