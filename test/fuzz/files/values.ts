import { importers } from '../../../src/frontend/importers/index.ts'
import type { Choices } from '../choices.ts'
import {
  ATTRIBUTES,
  bytesOfFloat,
  extremeFloat,
  extremeInteger,
  extremeName,
  LOCATIONS,
  otherInteger,
} from './extremes.ts'
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
  textField,
  textOf,
} from './wire.ts'

/** A change of a file. It changes nothing where the file has no place for it. */
export type Mutation = (model: Message, c: Choices) => void

const oneOf = <T>(c: Choices, list: readonly T[]): T | undefined => list[c.pick(list.length)]

export const placesOf = (model: Message, fits: (field: Field) => boolean): Place[] =>
  places(model).filter(({ field }) => fits(field))

const isInteger = ({ content, wire }: Field) => wire === 0 && (content === 'integer' || content === 'integers')
const isText = ({ content, value }: Field) => content === 'text' && value instanceof Uint8Array

const ops = Object.entries(importers).flatMap(([domain, table]) => Object.keys(table).map(op => ({ domain, op })))

const set = (message: Message, number: number, ...fields: Field[]): void => {
  message.fields = [...message.fields.filter(field => field.number !== number), ...fields]
}

const sizes = (c: Choices): bigint[] => Array.from({ length: c.pick(7) }, () => extremeInteger(c))

/** An attribute of whatever kind and value. */
function attribute(c: Choices): Message {
  const name = textField(1, ATTRIBUTES[c.pick(ATTRIBUTES.length)]!)
  const kind = c.pick(6)
  if (kind <= 1) {
    const values = sizes(c).map(value => integerField(8, value, 'integers'))
    return { name: 'Attribute', fields: [name, ...values, integerField(20, 7)] }
  }
  if (kind <= 3) return { name: 'Attribute', fields: [name, integerField(3, extremeInteger(c)), integerField(20, 2)] }
  if (kind === 4) {
    const value: Field = { number: 2, wire: 5, content: 'float', value: bytesOfFloat(extremeFloat(c)) }
    return { name: 'Attribute', fields: [name, value, integerField(20, 1)] }
  }
  return { name: 'Attribute', fields: [name, textField(4, extremeName(c), 'bytes'), integerField(20, 3)] }
}

/** Numbers, names and data that mean something else, in files that stay whole. */
export const values: Readonly<Record<string, Mutation>> = {
  integer: (model, c) => {
    const place = oneOf(c, placesOf(model, isInteger))
    if (place) place.field.value = otherInteger(c, place.field.value as bigint)
  },

  /** Of an attribute: sizes of windows, axes, groups. */
  attribute: (model, c) => {
    const field = oneOf(
      c,
      messagesIn(model, 'Attribute').flatMap(({ fields }) => fields.filter(isInteger)),
    )
    if (field) field.value = otherInteger(c, field.value as bigint)
  },

  attributeAdded: (model, c) => {
    const node = oneOf(c, messagesIn(model, 'Node'))
    node?.fields.push({ number: 5, wire: 2, content: 'Attribute', value: attribute(c) })
  },

  float: (model, c) => {
    const place = oneOf(
      c,
      placesOf(model, ({ content }) => content === 'float'),
    )
    if (place) place.field.value = bytesOfFloat(extremeFloat(c))
  },

  /** Here only, so that what refers to it dangles, or everywhere. */
  name: (model, c) => {
    const all = placesOf(model, isText)
    const place = oneOf(c, all)
    if (!place) return
    const [old, name] = [textOf(place.field), extremeName(c)]
    const isEverywhere = c.pick(4) > 0
    for (const { field } of all)
      if (field === place.field || (isEverywhere && textOf(field) === old)) field.value = textField(0, name).value
  },

  /** One name becomes another that the file has: two values of one name, circles, an operator by the name of a value. */
  nameOfOther: (model, c) => {
    const all = placesOf(model, isText)
    const [from, to] = [oneOf(c, all), oneOf(c, all)]
    if (from && to) to.field.value = from.field.value
  },

  operand: (model, c) => {
    const node = oneOf(c, messagesIn(model, 'Node'))
    const names = placesOf(model, field => isText(field) && (field.number === 1 || field.number === 2))
    const inputs = node?.fields.filter(({ number }) => number === 1) ?? []
    const other = oneOf(c, names)
    if (!node || !other) return
    const value = c.pick(5) === 0 ? textField(1, '') : { ...other.field, number: 1 }
    const at = c.pick(inputs.length + 1)
    set(node, 1, ...inputs.slice(0, at), value, ...inputs.slice(at + (c.pick(3) > 0 ? 1 : 0)))
  },

  operator: (model, c) => {
    const node = oneOf(c, messagesIn(model, 'Node'))
    const found = oneOf(c, ops)
    if (!node || !found) return
    set(node, 4, textField(4, found.op))
    set(node, 7, textField(7, found.domain))
  },

  /** Operators with other versions have other inputs and attributes. */
  version: (model, c) => {
    const set = oneOf(c, messagesIn(model, 'OperatorSet'))
    const field = set?.fields.find(({ number }) => number === 2)
    if (field) field.value = BigInt(5 + c.pick(22))
  },

  elementType: (model, c) => {
    const holders = [...messagesIn(model, 'TensorType'), ...messagesIn(model, 'Tensor')]
    const holder = oneOf(c, holders)
    if (holder) {
      const number = holder.name === 'Tensor' ? 2 : 1
      set(holder, number, integerField(number, c.pick(24)))
    }
  },

  shape: (model, c) => {
    const shape = oneOf(c, messagesIn(model, 'Shape'))
    if (!shape) return
    shape.fields = sizes(c).map(size =>
      nestedField(1, 'Dimension', c.pick(6) === 0 ? textField(2, extremeName(c)) : integerField(1, size)),
    )
  },

  dimension: (model, c) => {
    const dimension = oneOf(c, messagesIn(model, 'Dimension'))
    if (dimension) dimension.fields = [integerField(1, extremeInteger(c))]
  },

  /** A tensor of another shape, with as many data as that needs. */
  tensor: (model, c) => {
    const tensor = oneOf(c, messagesIn(model, 'Tensor'))
    if (!tensor) return
    const shape = Array.from({ length: c.pick(6) }, () => c.pick(5))
    const type = [1, 7, 6, 9, 11, 10, 2, 3][c.pick(8)]!
    const width = [4, 8, 4, 1, 8, 2, 1, 1][[1, 7, 6, 9, 11, 10, 2, 3].indexOf(type)]!
    const seed = c.pick(5)
    const raw = Uint8Array.from({ length: shape.reduce((a, b) => a * b, width) }, (_, k) =>
      type === 7 ? (k % 8 === 0 ? (k / 8 + seed) % 5 : 0) : [0, 1, 255, 63, 127][(k * 7 + seed) % 5]!,
    )
    const name = tensor.fields.filter(({ number }) => number === 8)
    const dims = shape.map(size => integerField(1, size, 'integers'))
    tensor.fields = [...dims, integerField(2, type), ...name, { number: 9, wire: 2, content: 'bytes', value: raw }]
  },

  data: (model, c) => {
    const place = oneOf(
      c,
      placesOf(model, field => ['bytes', 'floats', 'doubles'].includes(field.content as string) && field.wire === 2),
    )
    if (!(place?.field.value instanceof Uint8Array)) return
    const old = place.field.value
    const word = bytesOfFloat(extremeFloat(c))
    const how = c.pick(5)
    const at = c.pick(Math.max(Math.floor(old.length / 4), 1)) * 4
    if (how === 0) place.field.value = old.slice(0, c.pick(old.length + 1))
    else if (how === 1) place.field.value = Uint8Array.from([...old, ...word])
    else place.field.value = old.map((byte, k) => (how === 2 || (k >= at && k < at + 4) ? word[k % 4]! : byte))
  },

  external: (model, c) => {
    const tensor = oneOf(c, messagesIn(model, 'Tensor'))
    if (!tensor) return
    const entry = (key: string, value: string) => nestedField(13, 'Entry', textField(1, key), textField(2, value))
    const number = () =>
      c.pick(3) === 0 ? `${extremeInteger(c)}` : ['0', '4', '', 'x', '1e3', '-0', '0x10'][c.pick(7)]!
    if (c.pick(3) > 0) set(tensor, 9)
    tensor.fields.push(integerField(14, 1), entry('location', LOCATIONS[c.pick(2) ? 0 : c.pick(LOCATIONS.length)]!))
    if (c.pick(3) > 0) tensor.fields.push(entry('offset', number()))
    if (c.pick(3) > 0) tensor.fields.push(entry('length', number()))
  },

  graphAttribute: (model, c) => {
    const attribute = oneOf(c, messagesIn(model, 'Attribute'))
    const graph = model.fields.find(field => isNested(field) && field.value.name === 'Graph')
    if (!attribute || !graph || !isNested(graph)) return
    attribute.fields.push({ ...graph, number: 6, value: copyOf(graph.value) }, integerField(20, 5))
  },
}
