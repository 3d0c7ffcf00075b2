import { type Content, contentOf, isMessage, type MessageName } from './fields.ts'

/** A protobuf message as its fields stand in the file, in order: fields may be doubled, of a wrong kind, or unknown. */
export interface Message {
  readonly name: MessageName
  fields: Field[]
}

export interface Field {
  number: number
  /** 0: a varint; 1 and 5: 8 and 4 bytes; 2: bytes with their length. */
  wire: number
  content: Content | undefined
  value: bigint | Uint8Array | Message
}

export const isNested = (field: Field): field is Field & { value: Message } =>
  typeof field.value === 'object' && 'fields' in field.value

/** The bytes of a message as fields; packed lists of integers are taken apart. Throws where they are no protobuf. */
export function parse(given: Uint8Array, name: MessageName = 'Model'): Message {
  // A copy, and a plain one: parts of Node's Buffer share its memory.
  const bytes = Uint8Array.from(given)
  const fields: Field[] = []
  let at = 0
  const varint = (): bigint => {
    let [value, shift] = [0n, 0n]
    for (;;) {
      const byte = bytes[at++]
      if (byte === undefined) throw new Error('cut in a varint')
      value |= BigInt(byte & 0x7f) << shift
      shift += 7n
      if (byte < 0x80) return value
    }
  }
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new Error('cut in a field')
    at += length
    return bytes.slice(at - length, at)
  }
  while (at < bytes.length) {
    const key = Number(varint())
    const [number, wire] = [key >> 3, key & 7]
    const content = contentOf(name, number)
    if (wire === 0) fields.push({ number, wire, content, value: varint() })
    else if (wire !== 2) fields.push({ number, wire, content, value: take(wire === 1 ? 8 : 4) })
    else {
      const end = Number(varint()) + at
      if (content === 'integers') while (at < end) fields.push({ number, wire: 0, content, value: varint() })
      else {
        const held = take(end - at)
        fields.push({ number, wire, content, value: isMessage(content) ? parse(held, content) : held })
      }
    }
  }
  return { name, fields }
}

/** The file of a message, whatever became of its fields. */
export function print(message: Message): Uint8Array {
  const parts: Uint8Array[] = []
  for (const { number, wire, value } of message.fields) {
    parts.push(varint((BigInt(number) << 3n) | BigInt(wire)))
    if (typeof value === 'bigint') parts.push(varint(value))
    else {
      const held = 'fields' in value ? print(value) : value
      if (wire === 2) parts.push(varint(BigInt(held.length)))
      parts.push(held)
    }
  }
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** Negative numbers are written as 64 bits, like protobuf does. */
function varint(value: bigint): Uint8Array {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0))
    rest >>= 7n
  } while (rest > 0n)
  return Uint8Array.from(bytes)
}

export interface Place {
  readonly parent: Message
  readonly field: Field
}

/** Every field of a message and of those in it. */
export const places = (message: Message): Place[] =>
  message.fields.flatMap(field => [{ parent: message, field }, ...(isNested(field) ? places(field.value) : [])])

export const messagesIn = (message: Message, name: MessageName): Message[] => [
  ...(message.name === name ? [message] : []),
  ...message.fields.flatMap(field => (isNested(field) ? messagesIn(field.value, name) : [])),
]

export const copyOf = ({ name, fields }: Message): Message => ({
  name,
  fields: fields.map(field => (isNested(field) ? { ...field, value: copyOf(field.value) } : { ...field })),
})

const text = new TextEncoder()
const decoder = new TextDecoder()

export const textOf = ({ value }: Field): string => (value instanceof Uint8Array ? decoder.decode(value) : '')

export const textField = (number: number, value: string, content: Content = 'text'): Field => ({
  number,
  wire: 2,
  content,
  value: text.encode(value),
})
export const integerField = (number: number, value: bigint | number, content: Content = 'integer'): Field => ({
  number,
  wire: 0,
  content,
  value: BigInt(value),
})
export const nestedField = (number: number, name: MessageName, ...fields: Field[]): Field => ({
  number,
  wire: 2,
  content: name,
  value: { name, fields },
})
