import type { onnx as Onnx } from 'onnx-proto'
import { CompileError } from '../ir/diagnostic.ts'
import { diagnostics } from '../ir/diagnostics.ts'

/** What the compiler reads of an ONNX file: plain values, no protobuf classes, 64-bit integers as numbers. */
export interface Model {
  readonly irVersion: number
  /** Version per domain; the default domain is ''. */
  readonly opsets: ReadonlyMap<string, number>
  readonly graph: ModelGraph
  readonly functions: readonly ModelFunction[]
}

export interface ModelGraph {
  readonly name: string
  readonly nodes: readonly ModelNode[]
  readonly initializers: readonly ModelTensor[]
  /** Declared inputs without those that are initializers (files before IR 4 list both). */
  readonly inputs: readonly ModelValue[]
  readonly outputs: readonly ModelValue[]
  readonly hasSparse: boolean
}

export interface ModelFunction {
  readonly name: string
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Names of the attributes that callers pass; those with defaults are not among them. */
  readonly attributes: readonly string[]
  readonly nodes: readonly ModelNode[]
  readonly opsets: ReadonlyMap<string, number>
}

export interface ModelNode {
  readonly name: string
  readonly op: string
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: ReadonlyMap<string, ModelAttribute>
}

export type AttributeKind = 'float' | 'int' | 'string' | 'tensor' | 'graph' | 'floats' | 'ints' | 'strings' | 'other'

export interface ModelAttribute {
  readonly kind: AttributeKind
  readonly float: number
  readonly int: number
  readonly string: string
  readonly tensor: ModelTensor | undefined
  /** A branch of an If. */
  readonly graph: ModelGraph | undefined
  readonly floats: readonly number[]
  readonly ints: readonly number[]
  readonly strings: readonly string[]
  /** In a function's body: the caller's attribute to take instead. */
  readonly reference: string
}

/** ONNX's number of an element type, its sizes, and its data in one of ONNX's forms. */
export interface ModelTensor {
  readonly name: string
  readonly dataType: number
  readonly dims: readonly number[]
  readonly raw: Uint8Array
  /** Typed data: float_data, int32_data, int64_data, double_data or uint64_data. */
  readonly typed: readonly number[]
  readonly external: ReadonlyMap<string, string> | undefined
}

export interface ModelValue {
  readonly name: string
  /** 0 where it is not a tensor. */
  readonly dataType: number
  /** A name or undefined stands for a size that the file leaves open; undefined dims for an unknown rank. */
  readonly dims: readonly (number | string | undefined)[] | undefined
}

/** Decodes an ONNX file. Throws a CompileError where the bytes are not a model; see `checkModel` for what it means. */
export async function decodeModel(bytes: Uint8Array): Promise<Model> {
  if (bytes.length === 0) throw new CompileError(diagnostics.invalidModel('The file is empty.'))
  // Loaded on first use: the decoder is the largest dependency.
  const { onnx } = (await import('onnx-proto')).default
  const proto = decode(onnx, bytes)
  if (!proto.graph) throw new CompileError(noModel(bytes, 'it has no graph'))
  return {
    irVersion: toNumber(proto.irVersion),
    opsets: readOpsets(proto.opsetImport),
    graph: readGraph(proto.graph as Onnx.GraphProto),
    functions: (proto.functions ?? []).map(readFunction),
  }
}

/** Decodes a tensor that stands alone in a file, like those of the ONNX conformance suite. */
export async function decodeTensor(bytes: Uint8Array): Promise<ModelTensor> {
  const { onnx } = (await import('onnx-proto')).default
  return readTensorProto(onnx.TensorProto.decode(bytes))
}

function decode(onnx: typeof Onnx, bytes: Uint8Array): Onnx.ModelProto {
  try {
    // A plain view: Node's Buffer would make the decoder return Buffers.
    return onnx.ModelProto.decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  } catch {
    throw new CompileError(noModel(bytes, 'it is truncated or damaged'))
  }
}

const LFS = 'version https://git-lfs.github.com/spec/'

const magics: readonly (readonly [magic: string, what: string])[] = [
  ['PK\x03\x04', 'a zip archive, such as a PyTorch checkpoint'],
  ['\x89HDF', 'an HDF5 file, such as a Keras model'],
  ['\x80\x02', 'a Python pickle'],
  ['\x1f\x8b', 'gzip data'],
]

function noModel(bytes: Uint8Array, otherwise: string) {
  const head = String.fromCharCode(...bytes.subarray(0, 64))
  if (head.startsWith(LFS))
    return diagnostics.invalidModel(
      'The file is not an ONNX model: it is a Git LFS pointer, which stands for a file that was not downloaded.',
      'Run git lfs pull in its repository, or download the file itself.',
    )
  const magic = magics.find(([start]) => head.startsWith(start))
  const text = /^[\t\n\r\x20-\x7e]*$/.test(head)
  const what = magic ? `it is ${magic[1]}` : text ? 'it is text' : otherwise
  return magic || text
    ? diagnostics.invalidModel(`The file is not an ONNX model: ${what}.`, 'Export the network to ONNX.')
    : diagnostics.invalidModel(`The file is not a complete ONNX model: ${what}.`)
}

type Integer = number | { toNumber(): number } | null | undefined
const toNumber = (value: Integer): number => (typeof value === 'number' ? value : (value?.toNumber() ?? 0))
const toNumbers = (values: readonly Integer[] | null | undefined): number[] => (values ?? []).map(toNumber)

/** ONNX writes its default domain in two ways. */
const domainOf = (domain: string | null | undefined): string => (domain === 'ai.onnx' ? '' : (domain ?? ''))

const readOpsets = (opsets: readonly Onnx.IOperatorSetIdProto[] | null | undefined): ReadonlyMap<string, number> =>
  new Map((opsets ?? []).map(({ domain, version }) => [domainOf(domain), toNumber(version)]))

function readGraph(graph: Onnx.IGraphProto): ModelGraph {
  const initializers = (graph.initializer ?? []).map(readTensorProto)
  const initialized = new Set(initializers.map(({ name }) => name))
  return {
    name: graph.name ?? '',
    nodes: (graph.node ?? []).map(readNode),
    initializers,
    inputs: (graph.input ?? []).map(readValue).filter(({ name }) => !initialized.has(name)),
    outputs: (graph.output ?? []).map(readValue),
    hasSparse: (graph.sparseInitializer ?? []).length > 0,
  }
}

const readFunction = (proto: Onnx.IFunctionProto): ModelFunction => ({
  name: proto.name ?? '',
  domain: domainOf(proto.domain),
  inputs: proto.input ?? [],
  outputs: proto.output ?? [],
  attributes: proto.attribute ?? [],
  nodes: (proto.node ?? []).map(readNode),
  opsets: readOpsets(proto.opsetImport),
})

const readNode = (node: Onnx.INodeProto): ModelNode => ({
  name: node.name ?? '',
  op: node.opType ?? '',
  domain: domainOf(node.domain),
  inputs: node.input ?? [],
  outputs: node.output ?? [],
  attributes: new Map((node.attribute ?? []).map(attribute => [attribute.name ?? '', readAttribute(attribute)])),
})

/** By ONNX's number of the attribute type. */
const kinds: readonly (AttributeKind | undefined)[] = [
  undefined,
  'float',
  'int',
  'string',
  'tensor',
  'graph',
  'floats',
  'ints',
  'strings',
]

function readAttribute(proto: Onnx.IAttributeProto): ModelAttribute {
  const has = (field: keyof Onnx.IAttributeProto) => Object.hasOwn(proto, field)
  const filled = (list: readonly unknown[] | null | undefined) => (list ?? []).length > 0
  // Very old files leave the type out: then what is there tells.
  const guess = (): AttributeKind => {
    if (has('f')) return 'float'
    if (has('i')) return 'int'
    if (has('s')) return 'string'
    if (has('t')) return 'tensor'
    if (has('g')) return 'graph'
    if (filled(proto.floats)) return 'floats'
    return filled(proto.ints) ? 'ints' : filled(proto.strings) ? 'strings' : 'other'
  }
  return {
    kind: proto.type ? (kinds[proto.type] ?? 'other') : guess(),
    float: proto.f ?? 0,
    int: toNumber(proto.i),
    string: toText(proto.s),
    tensor: proto.t ? readTensorProto(proto.t) : undefined,
    graph: proto.g ? readGraph(proto.g) : undefined,
    floats: proto.floats ?? [],
    ints: toNumbers(proto.ints),
    strings: (proto.strings ?? []).map(toText),
    reference: proto.refAttrName ?? '',
  }
}

const toText = (bytes: Uint8Array | null | undefined): string => new TextDecoder().decode(bytes ?? new Uint8Array())

function readTensorProto(proto: Onnx.ITensorProto): ModelTensor {
  const lists = [proto.floatData, proto.int32Data, proto.int64Data, proto.doubleData, proto.uint64Data]
  const typed = lists.find(list => (list ?? []).length > 0)
  return {
    name: proto.name ?? '',
    dataType: proto.dataType ?? 0,
    dims: toNumbers(proto.dims),
    raw: proto.rawData ?? new Uint8Array(),
    typed: typed === proto.floatData || typed === proto.doubleData ? ((typed ?? []) as number[]) : toNumbers(typed),
    // data_location 1 is EXTERNAL.
    external:
      proto.dataLocation === 1
        ? new Map((proto.externalData ?? []).map(({ key, value }) => [key ?? '', value ?? '']))
        : undefined,
  }
}

function readValue(proto: Onnx.IValueInfoProto): ModelValue {
  const tensor = proto.type?.tensorType
  return {
    name: proto.name ?? '',
    dataType: tensor?.elemType ?? 0,
    dims: tensor?.shape?.dim?.map(dim => dim.dimParam || (dim.dimValue == null ? undefined : toNumber(dim.dimValue))),
  }
}
