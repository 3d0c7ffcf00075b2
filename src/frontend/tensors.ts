import { CompileError, type Diagnostic } from '../ir/diagnostic.ts'
import { diagnostics } from '../ir/diagnostics.ts'
import { elements, type Tensor } from '../ir/tensor.ts'
import { fromHalf } from './half.ts'
import type { ModelTensor } from './model.ts'

/** Reads part of a file beside the model; `length` is undefined for all that follows `offset`. */
export type ReadExternal = (location: string, offset: number, length: number | undefined) => Uint8Array

interface Format {
  readonly name: string
  readonly bytes: number
  readonly dtype: 'f32' | 'i32' | 'bit'
  readonly read: (view: DataView, at: number) => number
  /** From typed data, where f16 and bf16 are stored as their bits. */
  readonly convert?: (value: number) => number
}

const INT32_MAX = 2 ** 31 - 1
const INT32_MIN = -(2 ** 31)
/** 64-bit integers are ends of slices and sizes: beyond the i32 range they mean "as far as possible". */
const clamp = (value: number): number => Math.min(Math.max(value, INT32_MIN), INT32_MAX)

/** ONNX's element types by number; those that are missing are not supported. */
const formats: Readonly<Record<number, Format>> = {
  1: { name: 'float', bytes: 4, dtype: 'f32', read: (view, at) => view.getFloat32(at, true) },
  2: { name: 'uint8', bytes: 1, dtype: 'i32', read: (view, at) => view.getUint8(at), convert: value => value & 0xff },
  3: {
    name: 'int8',
    bytes: 1,
    dtype: 'i32',
    read: (view, at) => view.getInt8(at),
    convert: value => (value << 24) >> 24,
  },
  4: {
    name: 'uint16',
    bytes: 2,
    dtype: 'i32',
    read: (view, at) => view.getUint16(at, true),
    convert: value => value & 0xffff,
  },
  5: {
    name: 'int16',
    bytes: 2,
    dtype: 'i32',
    read: (view, at) => view.getInt16(at, true),
    convert: value => (value << 16) >> 16,
  },
  6: { name: 'int32', bytes: 4, dtype: 'i32', read: (view, at) => view.getInt32(at, true) },
  7: { name: 'int64', bytes: 8, dtype: 'i32', read: (view, at) => clamp(Number(view.getBigInt64(at, true))) },
  9: {
    name: 'bool',
    bytes: 1,
    dtype: 'bit',
    read: (view, at) => (view.getUint8(at) ? 1 : 0),
    convert: value => (value ? 1 : 0),
  },
  10: {
    name: 'float16',
    bytes: 2,
    dtype: 'f32',
    read: (view, at) => fromHalf(view.getUint16(at, true)),
    convert: bits => fromHalf(bits),
  },
  11: { name: 'double', bytes: 8, dtype: 'f32', read: (view, at) => view.getFloat64(at, true) },
  12: { name: 'uint32', bytes: 4, dtype: 'i32', read: (view, at) => clamp(view.getUint32(at, true)) },
  13: { name: 'uint64', bytes: 8, dtype: 'i32', read: (view, at) => clamp(Number(view.getBigUint64(at, true))) },
  16: {
    name: 'bfloat16',
    bytes: 2,
    dtype: 'f32',
    read: (view, at) => fromBits(view.getUint16(at, true) << 16),
    convert: bits => fromBits(bits << 16),
  },
}

const otherNames: Readonly<Record<number, string>> = { 0: 'undefined', 8: 'string', 14: 'complex64', 15: 'complex128' }

/** Name of an ONNX element type, for messages. */
export const typeName = (dataType: number): string =>
  formats[dataType]?.name ?? otherNames[dataType] ?? `element type ${dataType}`

/** The language's type for an ONNX element type; undefined where there is none. */
export const dtypeOf = (dataType: number): 'f32' | 'i32' | 'bit' | undefined => formats[dataType]?.dtype

/** What is wrong with a tensor, as far as it can be told without its external data. */
export function checkTensor(tensor: ModelTensor): Diagnostic[] {
  if (!formats[tensor.dataType]) return [diagnostics.unsupportedTensor(tensor.name, typeName(tensor.dataType))]
  const problem = problemOf(tensor)
  return problem ? [diagnostics.invalidTensor(tensor.name, problem)] : []
}

/**
 * An ONNX tensor in the compiler's types: floats as f32, integers as i32 (64-bit ones clamped), bool as bits 0 and 1.
 * A double that is no f32 is rounded, with a warning. Throws a CompileError for other types and for data that are
 * missing or of the wrong length.
 */
export function readTensor(tensor: ModelTensor, external?: ReadExternal, warn?: (warning: Diagnostic) => void): Tensor {
  const problems = checkTensor(tensor)
  if (problems.length > 0) throw new CompileError(...problems)
  const format = formats[tensor.dataType]!
  const length = elements(tensor.dims)
  const raw = tensor.external ? readOutside(tensor, length * format.bytes, external) : tensor.raw
  const values = raw.length > 0 ? fromRaw(format, raw, length) : fromTyped(format, tensor.typed)
  const stored = format.dtype === 'f32' ? asFloats(values) : undefined
  if (stored && format.name === 'double' && stored.some((value, i) => value !== values[i] && !Number.isNaN(value)))
    warn?.(diagnostics.roundedToF32(tensor.name))
  const { dtype } = format
  const shape = tensor.dims
  if (stored) return { dtype, shape, values: stored }
  return { dtype, shape, values: dtype === 'bit' ? Uint8Array.from(values) : Int32Array.from(values) }
}

const asFloats = (values: Iterable<number>): Float32Array =>
  values instanceof Float32Array ? values : Float32Array.from(values)

function problemOf({ dataType, dims, raw, typed, external }: ModelTensor): string | undefined {
  const format = formats[dataType]!
  if (!dims.every(size => Number.isSafeInteger(size) && size >= 0)) return `has the impossible shape [${dims}]`
  if (external) return undefined
  const length = elements(dims)
  if (raw.length > 0 || typed.length === 0)
    return raw.length === length * format.bytes
      ? undefined
      : `has ${raw.length} bytes of data; ${format.name}[${dims}] needs ${length * format.bytes}`
  return typed.length === length ? undefined : `has ${typed.length} values; ${format.name}[${dims}] needs ${length}`
}

function readOutside({ name, external }: ModelTensor, bytes: number, read?: ReadExternal): Uint8Array {
  const fail = (what: string): never => {
    throw new CompileError(diagnostics.externalData(name, what))
  }
  const location = external!.get('location') ?? ''
  const offset = Number(external!.get('offset') ?? 0)
  const length = Number(external!.get('length') ?? bytes)
  // A model must not be able to read files that lie elsewhere.
  if (location === '' || /^([/\\]|[A-Za-z]:)|\0/.test(location) || location.split(/[/\\]/).includes('..'))
    return fail(`lie in '${location}', which is not a file in the folder of the model`)
  if (!Number.isSafeInteger(offset) || offset < 0 || length !== bytes)
    return fail(`are ${external!.get('length')} bytes at offset ${external!.get('offset')}; its shape needs ${bytes}`)
  if (!read) return fail(`lie in the file '${location}', and no reader of such files was given`)
  const data = readOrFail(() => read(location, offset, length), fail)
  if (data.length !== bytes) return fail(`are ${data.length} bytes in '${location}'; its shape needs ${bytes}`)
  return data
}

/** The reader belongs to the caller: what it throws (no such file, say) is about the model all the same. */
function readOrFail(read: () => Uint8Array, fail: (what: string) => never): Uint8Array {
  try {
    return read()
  } catch (error) {
    return fail(`cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Little-endian bytes at any alignment. */
function fromRaw(format: Format, raw: Uint8Array, length: number): ArrayLike<number> & Iterable<number> {
  // Where they lie, if they can: weights are most of a file.
  if (format.name === 'float')
    return raw.byteOffset % 4 === 0
      ? new Float32Array(raw.buffer, raw.byteOffset, length)
      : new Float32Array(raw.slice().buffer)
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
  const values = new Float64Array(length)
  for (let i = 0; i < length; i++) values[i] = format.read(view, i * format.bytes)
  return values
}

function fromTyped(format: Format, typed: readonly number[]): ArrayLike<number> & Iterable<number> {
  if (format.convert) return typed.map(format.convert)
  if (format.dtype === 'f32') return typed
  return typed.map(format.dtype === 'bit' ? value => (value ? 1 : 0) : clamp)
}

const fromBits = (bits: number): number => new Float32Array(Int32Array.of(bits).buffer)[0]!
