import { elements, type Shape } from '../ir/tensor.ts'
import { FileError } from './fail.ts'
import { openZip } from './npz.ts'

/** A numpy array: its values as numbers, or as bigints where they have 64 bits. */
export interface NumpyArray {
  readonly shape: Shape
  readonly values: ArrayLike<number | bigint>
}

/** Arrays by name, each read when it is asked for. */
export type NumpyFile = Pick<ReadonlyMap<string, NumpyArray>, 'get' | 'has' | 'keys' | 'size'>

type Reader = (view: DataView, at: number) => number | bigint

/** By the letter and size of a little-endian dtype: `<f4`, `|u1`. */
const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['f4', (view, at) => view.getFloat32(at, true)],
  ['f8', (view, at) => view.getFloat64(at, true)],
  ['i1', (view, at) => view.getInt8(at)],
  ['i2', (view, at) => view.getInt16(at, true)],
  ['i4', (view, at) => view.getInt32(at, true)],
  ['i8', (view, at) => view.getBigInt64(at, true)],
  ['u1', (view, at) => view.getUint8(at)],
  ['u2', (view, at) => view.getUint16(at, true)],
  ['u4', (view, at) => view.getUint32(at, true)],
  ['u8', (view, at) => view.getBigUint64(at, true)],
  ['b1', (view, at) => view.getUint8(at)],
])

/** The arrays of a .npz file by name, or the one of a .npy file under the name ''. Throws a FileError on anything else. */
export function readNumpy(path: string, bytes: Uint8Array): NumpyFile {
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b
  if (!isZip) return new Map([['', readArray(path, bytes)]])
  const files = new Map(
    [...openZip(path, bytes)].map(([name, inflate]) => [name.replace(/\.npy$/, ''), { name, inflate }]),
  )
  return {
    size: files.size,
    keys: () => files.keys(),
    has: name => files.has(name),
    get: key => {
      const file = files.get(key)
      return file && readArray(`${path}: ${file.name}`, file.inflate())
    },
  }
}

/** Version 1 to 3 of the format: magic, version, length of the header, a Python dictionary, the values. */
function readArray(path: string, bytes: Uint8Array): NumpyArray {
  const fail = (what: string): never => {
    throw new FileError(`'${path}' ${what}`)
  }
  const magic = String.fromCharCode(...bytes.subarray(0, 6))
  if (magic !== '\x93NUMPY' || bytes.length < 12) fail('is no .npy or .npz file')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const long = bytes[6]! >= 2
  const start = (long ? 12 : 10) + (long ? view.getUint32(8, true) : view.getUint16(8, true))
  const header = new TextDecoder().decode(bytes.subarray(long ? 12 : 10, start))
  const descr = /'descr': *'([<|=>])(\w+)'/.exec(header)
  const order = /'fortran_order': *(True|False)/.exec(header)?.[1]
  const sizes = /'shape': *\(([\d, ]*)\)/.exec(header)?.[1]
  if (!descr || sizes === undefined) return fail('has a header that cannot be read')
  const read = readers.get(descr[2]!)
  if (!read || descr[1] === '>') return fail(`holds values of type ${descr[1]}${descr[2]}; supported: ${supported}`)
  if (order !== 'False') return fail('is in Fortran order; store it with numpy.ascontiguousarray')
  const shape = sizes
    .split(',')
    .filter(part => part.trim() !== '')
    .map(Number)
  const width = Number(descr[2]!.slice(1))
  const length = elements(shape)
  if (!(bytes.length >= start + length * width)) return fail(`is cut off: ${length} values do not fit`)
  return { shape, values: descr[2] === 'f4' ? floats(bytes, start, length) : numbers(view, start, length, width, read) }
}

/** Without a copy where the file is aligned, as numpy aligns it. */
const floats = (bytes: Uint8Array, start: number, length: number): Float32Array =>
  (bytes.byteOffset + start) % 4 === 0
    ? new Float32Array(bytes.buffer, bytes.byteOffset + start, length)
    : new Float32Array(bytes.slice(start, start + 4 * length).buffer)

function numbers(
  view: DataView,
  start: number,
  length: number,
  width: number,
  read: Reader,
): ArrayLike<number | bigint> {
  const first = length > 0 ? read(view, start) : 0
  const values = typeof first === 'bigint' ? new Array<bigint>(length) : new Float64Array(length)
  for (let i = 0; i < length; i++) values[i] = read(view, start + i * width)
  return values
}

const supported = 'little-endian f4, f8, bool, signed and unsigned integers'
