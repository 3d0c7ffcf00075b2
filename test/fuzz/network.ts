import { allocate, elements, type Shape, type Tensor } from '../../src/ir/tensor.ts'
import { model, type NodeSpec, type RawTensor } from '../onnx.ts'

/** Element types that generated networks compute with. int64 is for sizes, indices and token ids. */
export type Type = 'float' | 'int32' | 'uint8' | 'int64' | 'bool'

export interface ValueType {
  readonly type: Type
  readonly shape: Shape
}

export interface Value extends ValueType {
  readonly name: string
}

export interface Constant extends ValueType {
  readonly values: readonly number[]
}

/** An ONNX network as data, with inputs to try. A plain structure: it crosses processes and is cut down by the reducer. */
export interface Network {
  readonly opset: number
  readonly inputs: readonly Value[]
  readonly constants: Readonly<Record<string, Constant>>
  readonly nodes: readonly NodeSpec[]
  readonly outputs: readonly string[]
  /** Of every value that a node makes. */
  readonly types: Readonly<Record<string, ValueType>>
  /** Values of the inputs, sample by sample. */
  readonly samples: readonly Readonly<Record<string, readonly number[]>>[]
}

export type Feeds = ReadonlyMap<string, Tensor>

/** Domains beside ONNX's own, all in version 1. */
const domainsOf = ({ nodes }: Network): Record<string, number> =>
  Object.fromEntries(nodes.flatMap(({ domain }) => (domain ? [[domain, 1]] : [])))

/** Names of an opset's time: readers of old opsets expect old versions of the format, which have initializers as inputs. */
export function encode(network: Network): Uint8Array {
  const { opset, inputs, constants, nodes, outputs, types } = network
  const known = new Map<string, ValueType>([
    ...Object.entries(types),
    ...inputs.map(value => [value.name, value] as const),
  ])
  const declared = (name: string): string => {
    const { type, shape } = known.get(name) ?? constants[name]!
    return `${type}[${shape.join(',')}]`
  }
  return model({
    opset,
    domains: domainsOf(network),
    inputs: Object.fromEntries(inputs.map(({ name }) => [name, declared(name)])),
    outputs: Object.fromEntries(outputs.map(name => [name, declared(name)])),
    initializers: Object.fromEntries(Object.entries(constants).map(([name, value]) => [name, rawTensor(value)])),
    nodes,
  })
}

/** A constant in the form that its type is stored in. */
export function rawTensor({ type, shape, values }: Constant): RawTensor {
  if (type === 'float') return { type, dims: shape, raw: bytesOf(Float32Array.from(values)) }
  if (type === 'int64') return { type, dims: shape, raw: bytesOf(BigInt64Array.from(values, BigInt)) }
  return { type, dims: shape, ints: values }
}

const bytesOf = ({ buffer }: Float32Array | BigInt64Array): Uint8Array => new Uint8Array(buffer as ArrayBuffer)

const dtypes = { float: 'f32', int32: 'i32', uint8: 'u8', int64: 'i64', bool: 'bit' } as const

/** What goes into the inputs for each sample. */
export const feedsOf = ({ inputs, samples }: Network): Feeds[] =>
  samples.map(
    sample => new Map(inputs.map(({ name, type, shape }) => [name, tensorOf({ type, shape, values: sample[name]! })])),
  )

function tensorOf({ type, shape, values }: Constant): Tensor {
  const dtype = dtypes[type]
  const array = allocate(dtype, elements(shape))
  values.forEach((value, i) => {
    array[i] = dtype === 'i64' ? BigInt(value) : value
  })
  return { dtype, shape, values: array }
}

/** One line per value, as it is read aloud. */
export function describe({ opset, inputs, constants, nodes, outputs }: Network): string {
  const typed = ({ type, shape }: ValueType): string => `${type}[${shape.join(',')}]`
  return [
    `opset ${opset}`,
    ...inputs.map(value => `input ${value.name}: ${typed(value)}`),
    ...Object.entries(constants).map(([name, value]) => `${name}: ${typed(value)} = ${showValues(value.values)}`),
    ...nodes.map(({ op, domain, in: operands, out, attrs }) => {
      const given = Object.entries(attrs ?? {}).map(([name, value]) => `${name}=${showAttribute(value)}`)
      return `${out.join(', ')} = ${domain ? `${domain}.` : ''}${op}(${[...operands, ...given].join(', ')})`
    }),
    `outputs ${outputs.join(', ')}`,
  ].join('\n')
}

function showAttribute(value: NonNullable<NodeSpec['attrs']>[string]): string {
  if (typeof value !== 'object' || !('dims' in value)) return JSON.stringify(value).replace(/"/g, '')
  const { type, dims, raw, ints = [], floats = [] } = value
  const stored = type === 'float' ? Float32Array : BigInt64Array
  const values = raw
    ? Array.from<number | bigint, number>(new stored(raw.slice().buffer), Number)
    : [...floats, ...ints]
  return `${type}[${dims}] ${showValues(values)}`
}

const showValues = (values: readonly number[]): string =>
  values.length > 12 ? `${values.slice(0, 12).join(' ')} … (${values.length})` : values.join(' ')
