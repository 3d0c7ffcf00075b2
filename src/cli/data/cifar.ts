import type { Graph } from '../../ir/graph.ts'
import { FileError } from '../fail.ts'
import { readUnpacked, takeFrom } from './bytes.ts'
import { imageFeeds } from './images.ts'
import type { DataSet } from './index.ts'

const form = { height: 32, width: 32, channels: 3, order: 'planes' } as const
const IMAGE = 3 * 32 * 32

/** CIFAR's "binary version" has no mark of its own: it is known by its name. */
export const isCifar = (path: string): boolean => /\.bin(\.gz)?$/.test(path)

/** Records of a label, of CIFAR-100 a coarse and a fine one, and three planes: https://www.cs.toronto.edu/~kriz/cifar.html */
export async function openCifar(path: string, graph: Graph): Promise<DataSet> {
  const toFeeds = imageFeeds(path, graph)
  const { size, labelBytes } = await measure(path)
  const labels: number[] = []
  for await (const records of recordsOf(path, size, 500)) for (const each of records) labels.push(each[labelBytes - 1]!)
  return {
    count: labels.length,
    labels,
    chunks: async function* (many) {
      for await (const records of recordsOf(path, size, many))
        yield records.map(record => toFeeds(form, record.subarray(labelBytes)))
    },
  }
}

/** One label or two: by which of the sizes of a record the file is a multiple of. */
async function measure(path: string): Promise<{ size: number; labelBytes: number }> {
  let bytes = 0
  for await (const part of await readUnpacked(path)) bytes += part.length
  for (const labelBytes of [1, 2]) {
    const size = labelBytes + IMAGE
    if (bytes > 0 && bytes % size === 0) return { size, labelBytes }
  }
  throw new FileError(`'${path}' is no CIFAR file: ${bytes} bytes are no records of ${IMAGE + 1} or ${IMAGE + 2}`)
}

async function* recordsOf(path: string, size: number, many: number): AsyncGenerator<Uint8Array[]> {
  const take = takeFrom(await readUnpacked(path))
  for (;;) {
    const bytes = await take(many * size)
    if (bytes.length === 0) return
    yield Array.from({ length: bytes.length / size }, (_, k) => bytes.subarray(k * size, (k + 1) * size))
  }
}
