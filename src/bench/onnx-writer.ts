/**
 * Writes ONNX files: the few fields of its protobuf messages that a benchmark's network needs. The numbers are those of
 * onnx.proto. https://protobuf.dev/programming-guides/encoding
 */

/** ONNX's numbers of element types. */
export const ELEMENT = { f32: 1, u8: 2, i8: 3, i64: 7 } as const
type Element = keyof typeof ELEMENT

export type Attribute = number | readonly number[]

const utf8 = new TextEncoder()

function varint(value: number): number[] {
  const bytes: number[] = []
  let left = value
  for (; left > 0x7f; left = Math.floor(left / 128)) bytes.push((left % 128) | 0x80)
  return [...bytes, left]
}

const joined = (parts: readonly ArrayLike<number>[]): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

const number = (field: number, value: number): Uint8Array => joined([varint(field * 8), varint(value)])

/** A text, bytes or a message. */
function block(field: number, content: string | Uint8Array | readonly Uint8Array[]): Uint8Array {
  const bytes =
    typeof content === 'string' ? utf8.encode(content) : content instanceof Uint8Array ? content : joined(content)
  return joined([varint(field * 8 + 2), varint(bytes.length), bytes])
}

/** An integer or a list of them, none negative. */
function attribute(name: string, value: Attribute): Uint8Array {
  const content = typeof value === 'number' ? [number(3, value)] : value.map(each => number(8, each))
  return block(5, [block(1, name), ...content, number(20, typeof value === 'number' ? 2 : 7)])
}

export const node = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, Attribute>> = {},
): Uint8Array =>
  block(1, [
    ...inputs.map(input => block(1, input)),
    block(2, output),
    block(4, op),
    ...Object.entries(attributes).map(([name, value]) => attribute(name, value)),
  ])

export const initializer = (
  name: string,
  element: Element,
  shape: readonly number[],
  data: ArrayBufferView,
): Uint8Array =>
  block(5, [
    ...shape.map(size => number(1, size)),
    number(2, ELEMENT[element]),
    block(8, name),
    block(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ])

/** An input or output of the graph; without a shape, any. */
export function port(role: 'input' | 'output', name: string, element: Element, shape?: readonly number[]): Uint8Array {
  const sizes = shape
    ? [
        block(
          2,
          shape.map(size => block(1, [number(1, size)])),
        ),
      ]
    : []
  return block(role === 'input' ? 11 : 12, [
    block(1, name),
    block(2, [block(1, [number(1, ELEMENT[element]), ...sizes])]),
  ])
}

/** The file: parts of the graph in the order in which they are computed. */
export const model = (graph: readonly Uint8Array[]): Uint8Array =>
  joined([number(1, 8), block(7, [...graph, block(2, 'int8')]), block(8, [number(2, 13)])])
