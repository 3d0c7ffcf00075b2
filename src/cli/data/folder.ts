import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { Graph } from '../../ir/graph.ts'
import type { Feeds } from '../../run/runner.ts'
import { FileError } from '../fail.ts'
import { openCifar } from './cifar.ts'
import { openIdx } from './idx.ts'
import { imageFeeds } from './images.ts'
import type { DataSet } from './index.ts'
import { readJpeg } from './jpeg.ts'
import { readPng } from './png.ts'
import { type Picture, readPnm } from './pnm.ts'

type Decoder = (path: string, file: Uint8Array) => Picture | Promise<Picture>

const decoders: Readonly<Record<string, Decoder>> = {
  '.png': readPng,
  '.jpg': readJpeg,
  '.jpeg': readJpeg,
  '.ppm': readPnm,
  '.pgm': readPnm,
}

/**
 * The test set of MNIST or CIFAR as it is distributed, or a folder of pictures for each class. Classes are the folders in
 * the order of their names, as torchvision's ImageFolder has them.
 */
export async function openFolder(path: string, graph: Graph): Promise<DataSet> {
  const entries = await readdir(path, { withFileTypes: true })
  const named = (pattern: RegExp) => entries.find(entry => entry.isFile() && pattern.test(entry.name))?.name
  const idx = named(/^t10k-images.*ubyte(\.gz)?$/)
  if (idx !== undefined) return openIdx(join(path, idx), graph)
  const cifar = named(/^(test_batch|test)\.bin(\.gz)?$/)
  if (cifar !== undefined) return openCifar(join(path, cifar), graph)
  const folders = entries
    .filter(entry => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort()
  if (folders.length === 0)
    throw new FileError(
      `'${path}' has no test set: no t10k-images file, no test_batch.bin or test.bin, and no folder of pictures per class`,
    )
  return openPictures(path, folders, graph)
}

async function openPictures(path: string, folders: readonly string[], graph: Graph): Promise<DataSet> {
  const toFeeds = imageFeeds(path, graph)
  const pictures: { readonly file: string; readonly label: number }[] = []
  for (const [label, folder] of folders.entries()) {
    const names = (await readdir(join(path, folder))).filter(name => !name.startsWith('.')).sort()
    for (const name of names) pictures.push({ file: join(path, folder, name), label })
  }
  const other = pictures.find(({ file }) => !decoderOf(file))
  if (other) throw new FileError(`'${other.file}' is no picture that can be read; supported: PNG, JPEG, PPM, PGM`)
  return {
    count: pictures.length,
    labels: pictures.map(({ label }) => label),
    chunks: async function* (many) {
      for (let first = 0; first < pictures.length; first += many) {
        const some = pictures.slice(first, first + many)
        const feeds: Feeds[] = []
        // One after another, so that of several damaged files the first is named.
        for (const { file } of some) {
          const { bytes, ...form } = await decoderOf(file)!(file, await readFile(file))
          feeds.push(toFeeds(form, bytes, file))
        }
        yield feeds
      }
    },
  }
}

const decoderOf = (file: string) => decoders[extname(file).toLowerCase()]
