import type { Graph } from '../../ir/graph.ts'
import { elements, type Shape, sameShape } from '../../ir/tensor.ts'
import { FileError } from '../fail.ts'
import { takeFrom } from './bytes.ts'
import { arrayOfInput, feedsFrom } from './feeds.ts'
import type { DataSet } from './index.ts'
import { type Header, headerEnd, type NumpyArray, PREFIX, parseHeader } from './npy.ts'
import { inflate, namesInZip } from './npz.ts'

/** A .npz file: y or labels, and an array for every input. They are read a few samples at a time. */
export async function openArrays(path: string, graph: Graph): Promise<DataSet> {
  const files = new Map((await namesInZip(path)).map(name => [name.replace(/\.npy$/, ''), name]))
  const key = ['y', 'labels'].find(name => files.has(name))
  if (key === undefined) throw new FileError(`'${path}' has no array 'y' with the class of every sample`)
  const classes = await openArray(path, files.get(key)!)
  const { values } = await classes.rows(classes.header.shape[0] ?? 1)
  const others = [...files.keys()].filter(name => name !== key)
  const names = graph.inputs.map(({ attrs: { name } }) => arrayOfInput(path, others, name, graph.inputs.length))
  const headers = await Promise.all(names.map(async name => (await openArray(path, files.get(name)!)).header))
  const steps = headers.map(({ shape }, k) => rowsPerSample(shape, graph.inputs[k]!.type.shape))
  // An array that is one sample without an axis of samples fits in one piece.
  const counts = headers.map(({ shape }, k) => (steps[k] === undefined ? 1 : Math.floor(shape[0]! / steps[k])))
  const uneven = counts.some(count => count !== counts[0])
  if (uneven) throw new FileError(`'${path}' has ${counts.join(', ')} samples per input`)
  return {
    count: counts[0] ?? 0,
    labels: Array.from(values, Number),
    chunks: async function* (many) {
      const arrays = await Promise.all(names.map(name => openArray(path, files.get(name)!)))
      for (let first = 0; first < counts[0]!; first += many) {
        const pieces = new Map<string, NumpyArray>()
        for (const [k, { header, rows }] of arrays.entries()) {
          const step = steps[k]
          const piece = await rows(
            step === undefined ? (header.shape[0] ?? 1) : step * Math.min(many, counts[k]! - first),
          )
          pieces.set(names[k]!, piece)
        }
        yield feedsFrom(path, pieces, graph)
      }
    },
  }
}

/** Along the first axis; undefined where the array has none of samples. */
function rowsPerSample(shape: Shape, type: Shape): number | undefined {
  if (sameShape(shape.slice(1), type)) return 1
  return sameShape(shape.slice(1), type.slice(1)) ? type[0]! : undefined
}

interface OpenArray {
  readonly header: Header
  /** The next rows along the first axis. */
  readonly rows: (count: number) => Promise<NumpyArray>
}

async function openArray(path: string, name: string): Promise<OpenArray> {
  const shown = `${path}: ${name}`
  const take = takeFrom(inflate(path, name))
  const prefix = await take(PREFIX)
  const rest = await take(headerEnd(shown, prefix) - prefix.length)
  const header = parseHeader(shown, Buffer.concat([prefix, rest]))
  const { shape, width, view } = header
  const rowBytes = elements(shape.slice(1)) * width
  return {
    header,
    rows: async count => {
      const bytes = await take(count * rowBytes)
      if (bytes.length < count * rowBytes)
        throw new FileError(`'${shown}' is cut off: ${elements(shape)} values do not fit`)
      return { shape: shape.length === 0 ? [] : [count, ...shape.slice(1)], values: view(bytes) }
    },
  }
}
