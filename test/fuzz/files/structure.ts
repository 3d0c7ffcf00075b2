import type { Choices } from '../choices.ts'
import type { Mutation } from './values.ts'
import {
  copyOf,
  type Field,
  integerField,
  isNested,
  type Message,
  messagesIn,
  nestedField,
  type Place,
  places,
  print,
  textField,
  textOf,
} from './wire.ts'

const placeIn = (model: Message, c: Choices, all: readonly Place[] = places(model)): Place | undefined =>
  all[c.pick(all.length)]

const indexOf = ({ parent, field }: Place): number => parent.fields.indexOf(field)

/** How deep and how often: what is read by recursion ends somewhere between. */
const DEPTHS = [1, 1, 2, 2, 5, 5, 12, 30, 90]
const TIMES = [1, 1, 2, 3, 8, 60, 3000]

const constantOf = (name: string, value: number): Field =>
  nestedField(
    1,
    'Node',
    textField(2, name),
    textField(4, 'Constant'),
    nestedField(
      5,
      'Attribute',
      textField(1, 'value'),
      nestedField(5, 'Tensor', integerField(2, 9), {
        number: 9,
        wire: 2,
        content: 'bytes',
        value: Uint8Array.of(value),
      }),
      integerField(20, 4),
    ),
  )

/** Nodes in branches of an If, inside one another. */
function nested(node: Message, depth: number): Field[] {
  const outputs = node.fields.filter(({ number }) => number === 2)
  let inner: Field[] = [{ number: 1, wire: 2, content: 'Node', value: node }]
  for (let level = 0; level < depth; level++) {
    const results = outputs.map(({ value }) => nestedField(12, 'ValueInfo', { ...textField(1, ''), value }))
    const branch = (name: string) =>
      nestedField(
        5,
        'Attribute',
        textField(1, name),
        nestedField(6, 'Graph', ...inner, ...results),
        integerField(20, 5),
      )
    const test = `condition${level}`
    const call = [textField(1, test), ...outputs, textField(4, 'If'), branch('then_branch')]
    inner = [constantOf(test, 1), nestedField(1, 'Node', ...call)]
  }
  return inner
}

/** Fields that are lost, doubled, out of place, of another wire type, or inside one another. */
export const structure: Readonly<Record<string, Mutation>> = {
  dropped: (model, c) => {
    const place = placeIn(model, c)
    place?.parent.fields.splice(indexOf(place), 1)
  },

  repeated: (model, c) => {
    const place = placeIn(model, c)
    if (!place) return
    const { field } = place
    const times = TIMES[c.pick(print({ name: 'unknown', fields: [field] }).length < 200 ? TIMES.length : 4)]!
    const copies = copyOf({ name: 'unknown', fields: new Array<Field>(times).fill(field) }).fields
    place.parent.fields.splice(indexOf(place), 0, ...copies)
  },

  moved: (model, c) => {
    const place = placeIn(model, c)
    if (!place) return
    const { fields } = place.parent
    fields.splice(indexOf(place), 1)
    fields.splice(c.pick(fields.length + 1), 0, place.field)
  },

  /** In the place of another of the same content, or of any. */
  replaced: (model, c) => {
    const all = places(model)
    const from = placeIn(model, c, all)
    const alike = all.filter(({ field }) => field.content === from?.field.content && field !== from?.field)
    const to = placeIn(model, c, c.pick(8) === 0 ? all : alike)
    if (!from || !to) return
    const { value } = from.field
    const copy = typeof value === 'object' && 'fields' in value ? copyOf(value) : value
    Object.assign(to.field, { value: copy, wire: from.field.wire, content: from.field.content })
  },

  wireType: (model, c) => {
    const place = placeIn(model, c)
    if (!place) return
    const wire = c.pick(8)
    place.field.wire = wire
    place.field.content = undefined
    const held = isNested(place.field) ? print(place.field.value) : place.field.value
    if (wire === 0) place.field.value = BigInt(c.pick(1000))
    else place.field.value = typeof held === 'bigint' ? new Uint8Array(wire === 1 ? 8 : 4) : (held as Uint8Array)
  },

  number: (model, c) => {
    const place = placeIn(model, c)
    if (place) place.field.number = c.pick(4) === 0 ? c.pick(200) : c.pick(15)
  },

  /** Back to what it depends on. */
  circle: (model, c) => {
    const nodes = messagesIn(model, 'Node')
    const [early, late] = [c.pick(nodes.length), c.pick(nodes.length)].sort((a, b) => a - b) as [number, number]
    const input = nodes[early]?.fields.find(({ number }) => number === 1)
    const output = nodes[late]?.fields.find(({ number }) => number === 2)
    if (input && output) input.value = output.value
  },

  deep: (model, c) => {
    const graph = messagesIn(model, 'Graph')[0]
    const nodes = graph?.fields.filter(field => field.number === 1 && isNested(field)) ?? []
    const node = nodes[c.pick(nodes.length)]
    if (!graph || !node || !isNested(node)) return
    graph.fields.splice(graph.fields.indexOf(node), 1, ...nested(node.value, DEPTHS[c.pick(DEPTHS.length)]!))
  },

  /** A chain of nodes, each of which reads the one before it, once or twice: 2ⁿ paths. */
  long: (model, c) => {
    const graph = messagesIn(model, 'Graph')[0]
    const output = graph?.fields.find(field => field.number === 12 && isNested(field))
    if (!graph || !output || !isNested(output)) return
    const name = output.value.fields.find(({ number }) => number === 1)
    const op = ['Add', 'Mul', 'Sub', 'Max', 'Concat', 'Relu', 'Neg', 'Transpose', 'Identity', 'Sign', 'Where'][
      c.pick(11)
    ]!
    const length = [3, 30, 200, 3000][c.near(4)]!
    const isUnary = ['Relu', 'Neg', 'Transpose', 'Identity', 'Sign'].includes(op)
    let last = name ? textOf(name) : ''
    for (let k = 0; k < length; k++) {
      const reads = isUnary ? [last] : [last, last]
      const next = `chain${k}`
      graph.fields.push(
        nestedField(1, 'Node', ...reads.map(read => textField(1, read)), textField(2, next), textField(4, op)),
      )
      last = next
    }
    if (name) name.value = textField(1, last).value
  },
}
