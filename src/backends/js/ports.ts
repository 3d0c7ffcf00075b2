import type { Plan, Port } from '../../plan/plan.ts'
import type { PrintOptions } from '../backend.ts'
import { jsString } from '../print/foreign-text.ts'
import { objectText } from '../print/script.ts'
import { type Picture, pictureOf } from './picture.ts'

/** What a caller gives and gets for each dtype; bits are packed words. */
export const ARRAYS = {
  f32: 'Float32Array',
  i32: 'Int32Array',
  u8: 'Uint8Array',
  i8: 'Int8Array',
  i64: 'BigInt64Array',
  bit: 'Uint32Array',
} as const

/** Other arrays that a feed may come in; templates/js/feeds.js.hbs takes the same. */
const ALSO: Readonly<Partial<Record<Port['dtype'], string>>> = { u8: 'Uint8ClampedArray', i64: 'Int32Array' }

const shapeOf = ({ shape }: Port): string => `[${shape.join(', ')}]`

/** A row of a loader's table; `more` is what a target adds. */
function rowOf(port: Port, more: readonly string[], picture: Picture | undefined): string {
  return objectText([
    `name: ${jsString(port.name, "'")}`,
    `dtype: '${port.dtype}'`,
    `shape: ${shapeOf(port)}`,
    `length: ${port.buffer.length}`,
    ...more,
    ...(picture ? [`picture: ${objectText(Object.entries(picture).map(([name, value]) => `${name}: ${value}`))}`] : []),
  ])
}

/** What templates/js/table.js.hbs reads. */
export const tableContext = (plan: Plan, more: (port: Port) => readonly string[] = () => []) => ({
  inputs: plan.inputs.map(port => rowOf(port, more(port), pictureOf(port))),
  outputs: plan.outputs.map(port => rowOf(port, more(port), undefined)),
  hasPictures: hasPictures(plan),
})

const hasPictures = ({ inputs }: Plan): boolean => inputs.some(port => pictureOf(port) !== undefined)

/** A member's name in a declaration. */
const keyOf = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : jsString(name, "'"))

function declaredPort(port: Port) {
  const picture = pictureOf(port) ? ['Picture'] : []
  const also = ALSO[port.dtype]
  const elements = port.dtype === 'bit' ? 'words of packed bits' : 'elements'
  return {
    key: keyOf(port.name),
    about: `${port.dtype} ${shapeOf(port)}: ${port.buffer.length} ${elements} for each sample`,
    takes: [ARRAYS[port.dtype], ...(also ? [also] : []), ...picture].join(' | '),
    gives: ARRAYS[port.dtype],
    port: `Port<${jsString(port.name, "'")}, '${port.dtype}', readonly ${shapeOf(port)}>`,
    length: port.buffer.length,
  }
}

/** What templates/js/ports.d.ts.hbs reads. */
export const declarationContext = (plan: Plan) => {
  const inputs = plan.inputs.map(declaredPort)
  const outputs = plan.outputs.map(declaredPort)
  const all = [...inputs, ...outputs]
  const lengths = all.filter(({ key }, k) => all.findIndex(other => other.key === key) === k)
  return { inputs, outputs, lengths, hasPictures: hasPictures(plan) }
}

/** What templates/js/classes.js.hbs and its declarations read. */
export const labelContext = ({ labels = [] }: PrintOptions) => ({ labels: labels.map(label => jsString(label, "'")) })
