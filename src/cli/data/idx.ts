import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Graph } from '../../ir/graph.ts'
import { FileError } from '../fail.ts'
import { headOf, readUnpacked, takeFrom } from './bytes.ts'
import { imageFeeds } from './images.ts'
import type { DataSet } from './index.ts'

/** Zeros, the type (8: bytes), the number of axes: http://yann.lecun.com/exdb/mnist */
export const isIdx = ([a, b, type, axes]: Uint8Array): boolean => a === 0 && b === 0 && type === 8 && axes! > 0

/** Images of MNIST's format: big-endian sizes, then a byte per pixel. The classes are in the file beside it. */
export async function openIdx(path: string, graph: Graph): Promise<DataSet> {
  const [count, ...sizes] = await sizesOf(path)
  if (sizes.length < 2 || sizes.length > 3)
    throw new FileError(`'${path}' has ${sizes.length + 1} axes; expected images, as rows and columns`)
  const [height, width, channels = 1] = sizes as [number, number, number?]
  const form = { height, width, channels, order: 'pixels' } as const
  const toFeeds = imageFeeds(path, graph)
  return {
    count: count!,
    labels: await readLabels(await labelsBeside(path)),
    chunks: async function* (many) {
      const take = await skipHeader(path, sizes.length + 1)
      for (let first = 0; first < count!; first += many) {
        const images = Math.min(many, count! - first)
        const bytes = await take(images * height * width * channels)
        const size = height * width * channels
        if (bytes.length < images * size) throw new FileError(`'${path}' is cut off: it should have ${count} images`)
        yield Array.from({ length: images }, (_, k) => toFeeds(form, bytes.subarray(k * size, (k + 1) * size)))
      }
    },
  }
}

async function sizesOf(path: string): Promise<number[]> {
  const axes = (await headOf(path, 4))[3]!
  const head = Buffer.from(await headOf(path, 4 + 4 * axes))
  if (head.length < 4 + 4 * axes) throw new FileError(`'${path}' is cut off`)
  return Array.from({ length: axes }, (_, k) => head.readUInt32BE(4 + 4 * k))
}

async function skipHeader(path: string, axes: number) {
  const take = takeFrom(await readUnpacked(path))
  await take(4 + 4 * axes)
  return take
}

async function readLabels(path: string): Promise<number[]> {
  const sizes = await sizesOf(path)
  if (sizes.length !== 1) throw new FileError(`'${path}' has ${sizes.length} axes; expected a class per image`)
  return Array.from(await (await skipHeader(path, 1))(sizes[0]!))
}

/** `t10k-images-idx3-ubyte.gz` has its classes in `t10k-labels-idx1-ubyte.gz`, packed or not. */
async function labelsBeside(path: string): Promise<string> {
  const stem = basename(path).replace(/\.gz$/, '').replace('images', 'labels').replace(/idx\d/, 'idx1')
  const names = await readdir(dirname(path))
  const found = [stem, `${stem}.gz`].find(name => names.includes(name) && name !== basename(path))
  if (found === undefined) throw new FileError(`'${path}' needs its classes beside it, in ${stem} or ${stem}.gz`)
  return join(dirname(path), found)
}
