import { elements, type Shape } from '../../ir/tensor.ts'
import { FileError } from '../fail.ts'
import { openZip } from './npz.ts'

/** A numpy array: its values as numbers, or as bigints where they have 64 bits. */
export interface NumpyArray {
  readonly shape: Shape
  readonly values: ArrayLike<number | bigint>
}

/** Arrays by name, each read when it is asked for. */
export type NumpyFile = Pick<ReadonlyMap<string, NumpyArray>, 'get' | 'has' | 'keys' | 'size'>

interface Kind {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBufferLike): ArrayLike<number | bigint>
}

/** By the letter and size of a little-endian dtype: `<f4`, `|u1`. */
const kinds = new Map<string, Kind>([
  ['f4', Float32Array],
  ['f8', Float64Array],
  ['i1', Int8Array],
  ['i2', Int16Array],
  ['i4', Int32Array],
  ['i8', BigInt64Array],
  ['u1', Uint8Array],
  ['u2', Uint16Array],
  ['u4', Uint32Array],
  ['u8', BigUint64Array],
  ['b1', Uint8Array],
])

const supported = 'little-endian f4, f8, bool, signed and unsigned integers'

/** What the start of a .npy file says. */
export interface Header {
  readonly shape: Shape
  /** Bytes of an element. */
  readonly width: number
  /** Of the values in the file. */
  readonly start: number
  /** Values of bytes in memory of their own: the views start at multiples of their elements. */
  readonly view: (bytes: Uint8Array) => NumpyArray['values']
}

/** Enough of a file for its magic, version and length of the header. */
export const PREFIX = 12

/** Where the header ends, by the first bytes of a file. */
export function headerEnd(path: string, bytes: Uint8Array): number {
  const magic = String.fromCharCode(...bytes.subarray(0, 6))
  if (magic !== '\x93NUMPY' || bytes.length < PREFIX) throw new FileError(`'${path}' is no .npy or .npz file`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return bytes[6]! >= 2 ? 12 + view.getUint32(8, true) : 10 + view.getUint16(8, true)
}

/** Version 1 to 3 of the format: magic, version, length of the header, a Python dictionary, the values. */
export function parseHeader(path: string, bytes: Uint8Array): Header {
  const fail = (what: string): never => {
    throw new FileError(`'${path}' ${what}`)
  }
  const start = headerEnd(path, bytes)
  const header = new TextDecoder().decode(bytes.subarray(bytes[6]! >= 2 ? 12 : 10, start))
  const descr = /'descr': *'([<|=>])(\w+)'/.exec(header)
  const order = /'fortran_order': *(True|False)/.exec(header)?.[1]
  const sizes = /'shape': *\(([\d, ]*)\)/.exec(header)?.[1]
  if (!descr || sizes === undefined) return fail('has a header that cannot be read')
  const Kind = kinds.get(descr[2]!)
  if (!Kind || descr[1] === '>') return fail(`holds values of type ${descr[1]}${descr[2]}; supported: ${supported}`)
  if (order !== 'False') return fail('is in Fortran order; store it with numpy.ascontiguousarray')
  const shape = sizes
    .split(',')
    .filter(part => part.trim() !== '')
    .map(Number)
  return { shape, width: Kind.BYTES_PER_ELEMENT, start, view: ({ buffer }) => new Kind(buffer) }
}

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

export function readArray(path: string, bytes: Uint8Array): NumpyArray {
  const { shape, width, start, view } = parseHeader(path, bytes)
  const end = start + elements(shape) * width
  if (!(bytes.length >= end)) throw new FileError(`'${path}' is cut off: ${elements(shape)} values do not fit`)
  // A copy: a Buffer's own slice would be none.
  return { shape, values: view(new Uint8Array(bytes.subarray(start, end))) }
}
