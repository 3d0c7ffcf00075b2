import { compile } from '../compile.ts'
import { compileOptions, type ModelOptions, readModelFile } from './model-options.ts'
import { showBytes, showCount, showTotals } from './show.ts'
import { showTable } from './table.ts'
import { printWarnings } from './terminal.ts'

/** `xnorc inspect`: a row per layer with weights, then totals. */
export async function runInspect(path: string, options: ModelOptions): Promise<void> {
  const bytes = await readModelFile(path)
  const { summary, warnings } = await compile(bytes, { ...(await compileOptions(path, options)), target: 'c' })
  printWarnings(warnings)
  if (options.json) {
    const { target, files, ...rest } = summary
    console.log(JSON.stringify(rest, null, 2))
    return
  }
  const rows = summary.layers.map(layer => [
    layer.name,
    layer.op,
    layer.shape.join('×'),
    layer.kind,
    showCount(layer.macs),
    showBytes(layer.floatBytes),
    showBytes(layer.bytes),
    layer.reason,
  ])
  console.log(showTable(['layer', 'op', 'result', 'kind', 'MACs', 'before', 'after', 'because'], rows, [4, 5, 6]))
  console.log(`\n${showTotals(summary)}, ${showBytes(summary.workspaceBytes)} workspace`)
}
