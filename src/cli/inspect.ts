import type { Target } from '../backends/registry.ts'
import type { Strategy } from '../backends/strategy.ts'
import { printTarget } from '../compile.ts'
import { prepare } from '../prepare.ts'
import { printJson } from './json.ts'
import { compileOptions, type ModelOptions, readModelFile } from './model-options.ts'
import { showBytes, showCount, showTotals } from './show.ts'
import { memoryUse, showMemory } from './show-memory.ts'
import { showTable } from './table.ts'
import { printWarnings } from './terminal.ts'

export interface InspectOptions extends ModelOptions {
  readonly target: Target
}

/** `bits` are those of an activation and of a weight, in planes. */
const COLUMNS = ['layer', 'op', 'result', 'kind', 'bits', 'MACs', 'before', 'after', 'because']

/** `xnorc inspect`: a row per layer with weights, what is in memory at each step, totals. */
export async function runInspect(path: string, options: InspectOptions): Promise<void> {
  const bytes = await readModelFile(path)
  const shared = { ...(await compileOptions(path, options)), target: options.target }
  const prepared = await prepare(bytes, shared)
  const { plan, summary } = await printTarget(prepared, shared)
  const memory = memoryUse(plan)
  printWarnings(prepared.warnings)
  if (options.json) {
    const { files, ...rest } = summary
    return printJson('inspect', { ...rest, memory })
  }
  const rows = summary.layers.map(layer => [
    layer.name,
    layer.op,
    layer.shape.join('×'),
    layer.kind,
    layer.planes ? `${layer.planes.input}×${layer.planes.weights}` : '',
    showCount(layer.macs),
    showBytes(layer.floatBytes),
    showBytes(layer.bytes),
    layer.reason,
  ])
  console.log(showTable(COLUMNS, rows, [5, 6, 7]))
  const weighed = summary.layers.flatMap(({ name, strategies }) => (strategies ? [[name, ...strategies] as const] : []))
  if (weighed.length > 0) {
    const where = options.target === 'c' ? ' where no instruction counts bits' : ''
    const ways = weighed.map(([name, taken, other]) => [name, showStrategy(taken), showStrategy(other)])
    console.log(`\n${showTable(['layer', `sums of bits${where}, estimated`, 'instead of'], ways, [])}`)
  }
  console.log(`\n${showMemory(memory)}`)
  console.log(`\n${showTotals(summary)}, ${showBytes(summary.workspaceBytes)} workspace`)
}

const showStrategy = (strategy?: Strategy): string =>
  strategy ? `${strategy.name}, ${showCount(strategy.instructions)} instructions` : ''
