import pkg from 'onnx-proto'
import type { Tensor } from '../src/ir/tensor.ts'
import { elements } from '../src/ir/tensor.ts'

const { onnx } = pkg
type Attribute =
  | number
  | string
  | Tensor
  | RawTensor
  | readonly number[]
  | { readonly floats: readonly number[] }
  | { readonly float: number }
  | { readonly graph: GraphSpec }

/** ONNX's numbers of element types. */
export const types = {
  float: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  double: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
} as const
export type TypeName = keyof typeof types

export interface NodeSpec {
  readonly op: string
  readonly in: readonly string[]
  readonly out: readonly string[]
  readonly name?: string
  readonly domain?: string
  /** Integers are ints; a float that is a whole number is written { float: 1 }. */
  readonly attrs?: Readonly<Record<string, Attribute | { readonly ref: string }>>
}

/** `float[1,3,N]`: element type and sizes; a word is a symbolic size, `?` an open one. */
export type ValueSpec = Readonly<Record<string, string>>

/** A node with one output, `s` unless said otherwise, which is its name too. */
export const node = (
  op: string,
  inputs: readonly string[],
  out = 's',
  attrs: NodeSpec['attrs'] = {},
  domain = '',
): NodeSpec => ({ op, in: inputs, out: [out], name: out, attrs, domain })

/** A branch of an If: no inputs, and names of the graph around it. */
export type GraphSpec = Pick<ModelSpec, 'nodes' | 'outputs' | 'initializers'>

export interface ModelSpec {
  readonly inputs?: ValueSpec
  readonly outputs?: ValueSpec
  readonly nodes: readonly NodeSpec[]
  readonly initializers?: Readonly<Record<string, Tensor | RawTensor>>
  readonly opset?: number
  readonly domains?: Readonly<Record<string, number>>
  readonly ir?: number
  readonly functions?: readonly FunctionSpec[]
  /** Last changes to the message, for files that no exporter would write. */
  readonly change?: (proto: InstanceType<typeof onnx.ModelProto>) => void
}

export interface FunctionSpec {
  readonly name: string
  readonly domain: string
  readonly in: readonly string[]
  readonly out: readonly string[]
  readonly attributes?: readonly string[]
  readonly nodes: readonly NodeSpec[]
  readonly opset?: number
}

/** A tensor in any of ONNX's forms. */
export interface RawTensor {
  readonly type: TypeName
  readonly dims: readonly number[]
  readonly raw?: Uint8Array
  readonly floats?: readonly number[]
  readonly ints?: readonly number[]
  readonly longs?: readonly number[]
  readonly doubles?: readonly number[]
  readonly external?: Readonly<Record<string, string>>
}

/** The bytes of an ONNX file. */
export function model(spec: ModelSpec): Uint8Array {
  const proto = onnx.ModelProto.create({
    irVersion: spec.ir ?? 8,
    producerName: 'test',
    opsetImport: [
      { domain: '', version: spec.opset ?? 17 },
      ...Object.entries(spec.domains ?? {}).map(([domain, version]) => ({ domain, version })),
    ],
    graph: graphProto(spec),
    functions: (spec.functions ?? []).map(({ name, domain, nodes, opset, ...rest }) => ({
      name,
      domain,
      input: [...rest.in],
      output: [...rest.out],
      attribute: [...(rest.attributes ?? [])],
      node: nodes.map(nodeProto),
      opsetImport: [{ domain: '', version: opset ?? spec.opset ?? 17 }],
    })),
  })
  spec.change?.(proto)
  return onnx.ModelProto.encode(proto).finish()
}

/** A model of one node: its inputs are `x`, `y`, …, or initializers of these names; its output is `out`. */
export const nodeModel = (
  op: string,
  inputs: ValueSpec,
  attrs: NonNullable<NodeSpec['attrs']> = {},
  rest: Partial<ModelSpec> & { readonly in?: readonly string[]; readonly domain?: string } = {},
): Uint8Array =>
  model({
    inputs,
    outputs: { out: 'float' },
    nodes: [
      {
        op,
        in: rest.in ?? [...Object.keys(inputs), ...Object.keys(rest.initializers ?? {})],
        out: ['out'],
        name: 'node',
        attrs,
        ...(rest.domain ? { domain: rest.domain } : {}),
      },
    ],
    ...rest,
  })

type GraphProto = NonNullable<InstanceType<typeof onnx.ModelProto>['graph']>

const graphProto = (spec: GraphSpec & Pick<ModelSpec, 'inputs'>): GraphProto => ({
  name: 'test',
  node: spec.nodes.map(nodeProto),
  input: valueProtos(spec.inputs ?? {}),
  output: valueProtos(spec.outputs ?? {}),
  initializer: Object.entries(spec.initializers ?? {}).map(([name, tensor]) => ({ ...tensorProto(tensor), name })),
})

function nodeProto(node: NodeSpec) {
  return onnx.NodeProto.create({
    name: node.name ?? '',
    opType: node.op,
    domain: node.domain ?? '',
    input: [...node.in],
    output: [...node.out],
    attribute: Object.entries(node.attrs ?? {}).map(([name, value]) => ({ name, ...attributeProto(value) })),
  })
}

function attributeProto(value: Attribute | { readonly ref: string }) {
  const { AttributeType } = onnx.AttributeProto
  if (typeof value === 'string') return { type: AttributeType.STRING, s: new TextEncoder().encode(value) }
  if (typeof value === 'number')
    return Number.isInteger(value) ? { type: AttributeType.INT, i: value } : { type: AttributeType.FLOAT, f: value }
  if ('ref' in value) return { refAttrName: value.ref }
  if ('graph' in value) return { type: AttributeType.GRAPH, g: graphProto(value.graph) }
  if ('float' in value) return { type: AttributeType.FLOAT, f: value.float }
  if ('dims' in value) return { type: AttributeType.TENSOR, t: tensorProto(value) }
  if ('floats' in value) return { type: AttributeType.FLOATS, floats: [...value.floats] }
  if ('dtype' in value) return { type: AttributeType.TENSOR, t: tensorProto(value) }
  return { type: AttributeType.INTS, ints: [...value] }
}

function tensorProto(tensor: Tensor | RawTensor) {
  if ('dtype' in tensor) {
    const { values } = tensor
    const type = {
      f32: types.float,
      i32: types.int64,
      bit: types.bool,
      u8: types.uint8,
      i8: types.int8,
      i64: types.int64,
    }[tensor.dtype]
    // Constants of the compiler's i32 are int64 in nearly all files.
    const stored = tensor.dtype === 'i32' ? BigInt64Array.from(values as Int32Array, BigInt) : values
    const rawData = new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength)
    return { dataType: type, dims: [...tensor.shape], rawData }
  }
  return {
    dataType: types[tensor.type],
    dims: [...tensor.dims],
    ...(tensor.raw ? { rawData: tensor.raw } : {}),
    floatData: [...(tensor.floats ?? [])],
    int32Data: [...(tensor.ints ?? [])],
    int64Data: [...(tensor.longs ?? [])],
    doubleData: [...(tensor.doubles ?? [])],
    ...(tensor.external
      ? { dataLocation: 1, externalData: Object.entries(tensor.external).map(([key, value]) => ({ key, value })) }
      : {}),
  }
}

const valueProtos = (specs: ValueSpec) =>
  Object.entries(specs).map(([name, spec]) => {
    const [, type, sizes] = /^(\w+)(?:\[(.*)\])?$/.exec(spec)!
    const dim = sizes?.split(',').filter(Boolean).map(dimension)
    return {
      name,
      type: { tensorType: { elemType: types[type as TypeName], ...(dim ? { shape: { dim } } : {}) } },
    }
  })

const dimension = (size: string) =>
  size === '?' ? {} : /^-?\d+$/.test(size) ? { dimValue: Number(size) } : { dimParam: size }

/** Elements of a shape, counted from 0: test values. */
export const count = (shape: readonly number[], start = 0): Tensor => ({
  dtype: 'f32',
  shape,
  values: Float32Array.from({ length: elements(shape) }, (_, i) => i + start),
})
