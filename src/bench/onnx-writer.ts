import type { onnx as Onnx } from 'onnx-proto'

/** ONNX's numbers of element types. */
const ELEMENT = { f32: 1, u8: 2, i8: 3, i64: 7 } as const
export type Element = keyof typeof ELEMENT

/** An integer or a list of them. */
export type Attribute = number | readonly number[]

/** ONNX's numbers of the types of attributes. */
const [INTEGER, INTEGERS] = [2, 7]

const attribute = ([name, value]: [string, Attribute]): Onnx.IAttributeProto =>
  typeof value === 'number' ? { name, type: INTEGER, i: value } : { name, type: INTEGERS, ints: [...value] }

/** A graph that grows: nodes and constants in the order in which they are computed. */
export class GraphWriter {
  private readonly graph = {
    name: 'int8',
    node: [] as Onnx.INodeProto[],
    initializer: [] as Onnx.ITensorProto[],
    input: [] as Onnx.IValueInfoProto[],
    output: [] as Onnx.IValueInfoProto[],
  }

  node(
    opType: string,
    input: readonly string[],
    output: string,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): void {
    this.graph.node.push({
      opType,
      input: [...input],
      output: [output],
      attribute: Object.entries(attributes).map(attribute),
    })
  }

  constant(name: string, element: Element, shape: readonly number[], data: ArrayBufferView): void {
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    this.graph.initializer.push({ name, dataType: ELEMENT[element], dims: [...shape], rawData })
  }

  /** An input or output of the graph; without a shape, any. */
  port(role: 'input' | 'output', name: string, element: Element, shape?: readonly number[]): void {
    const sizes = shape && { shape: { dim: shape.map(dimValue => ({ dimValue })) } }
    this.graph[role].push({ name, type: { tensorType: { elemType: ELEMENT[element], ...sizes } } })
  }

  /** The file. */
  async bytes(): Promise<Uint8Array> {
    const { ModelProto } = (await import('onnx-proto')).default.onnx
    return ModelProto.encode({ irVersion: 8, opsetImport: [{ version: 13 }], graph: this.graph }).finish()
  }
}
