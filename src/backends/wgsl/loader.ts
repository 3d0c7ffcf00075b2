import type { Plan } from '../../plan/plan.ts'
import { tableContext } from '../js/ports.ts'
import { jsString } from '../print/foreign-text.ts'
import { objectText } from '../print/script.ts'
import type { Entry } from './layers/layer.ts'
import type { Table } from './table.ts'

/** The tables that the code of NAME.js walks. */
export const loaderTables = (plan: Plan, entries: readonly Entry[], table: Table, trace: boolean) => ({
  ...tableContext(plan),
  buffers: table.buffers.map(({ name, kind, bytes, offset }) => {
    const at = offset === undefined ? [] : [`offset: ${offset}`]
    return objectText([`name: ${quote(name)}`, `kind: '${kind}'`, `bytes: ${bytes}`, ...at])
  }),
  kernels: entries.map(({ name, call, layer: { bindings, grid } }, k) => {
    const indices = (access: string) =>
      bindings
        .filter(binding => binding.access === access)
        .map(binding => table.indexOf(binding))
        .join(', ')
    const parts = [
      `entry: '${name}'`,
      `nodes: ${quote(call.origin.join(', '))}`,
      `reads: [${indices('read')}]`,
      `writes: [${indices('read_write')}]`,
      `items: ${grid.items}`,
      `group: ${grid.group}`,
      `rows: ${grid.rows}`,
      ...(trace ? [`traces: [${traceText(entries, k, table)}]`] : []),
    ]
    return objectText(parts)
  }),
  gathers: entries.flatMap(({ call }) => {
    if (call.kernel !== 'gather') return []
    const { length, count, rows } = call.params
    const input = plan.inputs.find(({ buffer }) => buffer === call.buffers.indices)
    const from = input ? quote(input.name) : 'undefined'
    return [
      objectText([
        `nodes: ${quote(call.origin.join(', '))}`,
        `input: ${from}`,
        `length: ${length}`,
        `count: ${count}`,
        `rows: ${rows}`,
      ]),
    ]
  }),
})

/** What a kernel has made when no later one adds to it. */
function traceText(entries: readonly Entry[], k: number, table: Table): string {
  const { y } = entries[k]!.call
  if (entries.slice(k + 1).some(({ call }) => call.y === y)) return ''
  const at = table.indexOf(entries[k]!.layer.bindings.find(({ source }) => source === y)!)
  const dtype = y.element === 'u32' ? 'bit' : y.element
  return `{ at: ${at}, name: ${quote(y.name)}, dtype: '${dtype}', length: ${y.length} }`
}

const quote = (text: string): string => jsString(text, "'")
