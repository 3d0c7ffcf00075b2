import { stat } from 'node:fs/promises'
import type { Graph } from '../../ir/graph.ts'
import { elements } from '../../ir/tensor.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Feeds } from '../../run/runner.ts'
import { FileError, reasonOf, UsageError } from '../fail.ts'
import { openArrays } from './arrays.ts'
import { headOf } from './bytes.ts'
import { isCifar, openCifar } from './cifar.ts'
import { openFolder } from './folder.ts'
import { isIdx, openIdx } from './idx.ts'

/** Samples with their classes; the inputs are read a few at a time, as often as asked for. */
export interface DataSet {
  readonly count: number
  readonly labels: readonly number[]
  readonly chunks: (many: number) => AsyncIterable<Feeds[]>
}

/** Values per sample of the first output. */
export function classesOf({ inputs, outputs }: Plan): number {
  const batch = inputs[0]?.shape[0] ?? 1
  if (batch !== 1) throw new UsageError(`a data set is run one sample at a time, and the model takes ${batch}`)
  return elements(outputs[0]!.shape)
}

/**
 * A data set by what is in its file: arrays of a .npz file, images of MNIST's IDX or CIFAR's binary format, gzipped or
 * not, or a folder of such files or of pictures, with a folder for each class.
 */
export async function openDataSet(path: string, graph: Graph, classes: number): Promise<DataSet> {
  const data = await open(path, graph)
  if (data.labels.length === 0) throw new FileError(`'${path}' has no samples`)
  if (data.labels.length !== data.count)
    throw new FileError(`'${path}' has ${data.count} samples and ${data.labels.length} classes`)
  const wrong = data.labels.find(label => !Number.isInteger(label) || label < 0 || label >= classes)
  if (wrong !== undefined)
    throw new FileError(`'${path}' has the class ${wrong}; the model has classes 0 to ${classes - 1}`)
  return data
}

async function open(path: string, graph: Graph): Promise<DataSet> {
  if (await isFolder(path)) return openFolder(path, graph)
  const head = await headOf(path, 4)
  if (head[0] === 0x50 && head[1] === 0x4b) return openArrays(path, graph)
  if (isIdx(head)) return openIdx(path, graph)
  if (isCifar(path)) return openCifar(path, graph)
  throw new FileError(`'${path}' is no data set; supported: .npz, IDX and CIFAR files, and folders of images`)
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    throw new FileError(`cannot read '${path}': ${reasonOf(error)}`)
  }
}

/** All samples at once, for those who need them in any order. */
export async function readAll({ chunks }: DataSet): Promise<Feeds[]> {
  const feeds: Feeds[] = []
  for await (const chunk of chunks(1000)) feeds.push(...chunk)
  return feeds
}
