/**
 * `npm run costs`: measures binary layers as WASM on this machine, by counting and by tables of every size, and writes what an
 * instruction of each part costs to `src/backends/wasm/costs.ts`, by which the compiler chooses from then on. Options:
 * `--milliseconds N` for each measurement (50), `--out FILE`.
 */
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { printWasm, wasm } from '../dist/backends/wasm/index.js'
import { countingOf, PARTS, partsOf, weighTables } from '../dist/backends/wasm/layers/tiles.js'
import { withScratch } from '../dist/backends/wasm/scratch.js'
import { medianOf } from '../dist/bench/measure.js'
import { arg, call } from '../dist/ir/expr.js'
import { constant, create, input } from '../dist/ir/node.js'
import { lower } from '../dist/lower/index.js'
import { bytesOf } from '../dist/plan/arena.js'
import { rowsAtOnce } from '../dist/plan/strips.js'

const { values } = parseArgs({
  options: {
    milliseconds: { type: 'string', default: '50' },
    out: { type: 'string', default: fileURLToPath(new URL('../src/backends/wasm/costs.ts', import.meta.url)) },
  },
})
const milliseconds = Number(values.milliseconds)

/** Kernel, channels, filters, rows and columns. */
const layers = [
  [5, 96, 192, 16, 16],
  [3, 192, 192, 8, 8],
  [3, 64, 64, 14, 14],
  [1, 192, 192, 16, 16],
  [1, 160, 96, 32, 32],
  [1, 100, 100, 1, 396],
  [5, 20, 50, 8, 8],
  [3, 32, 32, 24, 24],
]
const even = Object.fromEntries(['counting', ...PARTS].map(part => [part, 1]))
/** Prices that make the compiler count, or choose smaller and larger tables. */
const choices = [{ ...even, counting: 0 }, ...[0.2, 1, 2, 5].map(making => ({ ...even, counting: 1e6, making }))]

/** A layer with thresholds, of bits that only look random. */
function layerOf([kernel, channels, filters, rows, columns]) {
  const bits = shape => ({
    dtype: 'bit',
    shape,
    values: Uint8Array.from(
      { length: shape.reduce((a, b) => a * b) },
      (_, k) => (Math.imul(k + 1, 2654435761) >>> 17) & 1,
    ),
  })
  const x = input('x', { dtype: 'bit', shape: [1, rows, columns, channels] })
  const weights = constant(bits([filters, kernel, kernel, channels]), ['weights'])
  const limits = constant({ dtype: 'i32', shape: [1, 1, 1, filters], values: new Int32Array(filters) }, ['limits'])
  const border = Math.floor(kernel / 2)
  const window = { stride: [1, 1], dilation: [1, 1], padding: [border, border, border, border] }
  const attrs = { ...window, groups: 1, epilogue: call('ge', arg(0), arg(1)) }
  const node = create('binaryConv2d', [x, weights, limits], attrs, ['layer'])
  return lower({ name: 'layer', inputs: [x], outputs: [{ name: 'y', node }] }, wasm.lowering)
}

/** Instructions of the parts of what is chosen by these prices, and the nanoseconds that all of them took. */
async function measure(plan, prices) {
  const [step] = withScratch(plan, prices).steps
  const { params, scratch } = step.call
  const turns = rowsAtOnce(step, step.call)
  const { tile } = weighTables(params, turns, scratch ? bytesOf(scratch) : 0, prices)
  const parts = tile ? partsOf(tile, params, turns) : { counting: countingOf(params) }
  const files = await printWasm(plan, { version: 'costs', steps: true, prices })
  const { content } = files.find(({ path }) => path.endsWith('.wasm'))
  const { instance } = await WebAssembly.instantiate(content)
  return { parts, nanoseconds: fastest(instance.exports.step0) }
}

/** The least of many samples, after as many runs as the engine takes to compile it well: other programs only add to the time. */
function fastest(run) {
  const timeOf = count => {
    const start = performance.now()
    for (let k = 0; k < count; k++) run()
    return (performance.now() - start) / count
  }
  const repeat = () => {
    const end = performance.now() + milliseconds
    for (let k = 0; k < milliseconds || performance.now() < end; k++) least = Math.min(least, timeOf(count))
  }
  let [least, count] = [Number.POSITIVE_INFINITY, 1]
  repeat()
  count = Math.ceil(0.1 / least)
  repeat()
  return least * 1e6
}

/** How strongly a price that hardly matters for what was measured is held at 1. */
const HOLD = 0.1

/** Prices of 0 and more by which the parts come nearest to the times, all relative to them: least squares, a price at a time. */
function solve(samples) {
  const rows = samples.map(({ parts, time }) => PARTS.map(name => parts[name] / time))
  const prices = PARTS.map(() => 1)
  for (let turn = 0; turn < 20000; turn++) {
    const k = turn % PARTS.length
    const left = rows.map(row => 1 - row.reduce((sum, share, p) => sum + (p === k ? 0 : share * prices[p]), 0))
    const wanted = rows.reduce((sum, row, i) => sum + row[k] * left[i], HOLD)
    prices[k] = Math.max(0, wanted / rows.reduce((sum, row) => sum + row[k] ** 2, HOLD))
  }
  return prices
}

const samples = []
for (const layer of layers) {
  const plan = layerOf(layer)
  const tried = new Set()
  for (const choice of choices) {
    const sample = await measure(plan, choice)
    const key = JSON.stringify(sample.parts)
    if (!tried.has(key)) samples.push(sample)
    tried.add(key)
  }
}
const perCounting = samples
  .filter(({ parts }) => parts.counting)
  .map(({ parts, nanoseconds }) => nanoseconds / parts.counting)
const unit = medianOf(perCounting)
const byTables = samples.filter(({ parts }) => !parts.counting)
const prices = solve(byTables.map(({ parts, nanoseconds }) => ({ parts, time: nanoseconds / unit })))
const fields = prices.map((price, k) => `${PARTS[k]}: ${Number(price.toFixed(2))}`)
writeFileSync(
  values.out,
  `import type { Prices } from './layers/tiles.ts'

/** By \`npm run costs\` on ${cpus()[0].model}, Node ${process.versions.node}. */
export const prices: Prices = { counting: 1, ${fields.join(', ')} }
`,
)
console.log(`an instruction of counting takes ${unit.toFixed(3)} ns; ${fields.join(', ')}`)
