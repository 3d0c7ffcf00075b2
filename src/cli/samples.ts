import { readFile } from 'node:fs/promises'
import type { Graph } from '../ir/graph.ts'
import { elements } from '../ir/tensor.ts'
import type { Plan } from '../plan/plan.ts'
import type { Feeds } from '../run/runner.ts'
import { FileError, reasonOf, UsageError } from './fail.ts'
import { feedsFrom } from './feeds.ts'
import { readNumpy } from './npy.ts'

/** A data set: the inputs of every sample, and its class. */
export interface Samples {
  readonly feeds: Feeds[]
  readonly labels: number[]
}

/** Values per sample of the first output. */
export function classesOf({ inputs, outputs }: Plan): number {
  const batch = inputs[0]?.shape[0] ?? 1
  if (batch !== 1) throw new UsageError(`a data set is run one sample at a time, and the model takes ${batch}`)
  return elements(outputs[0]!.shape)
}

/** Samples and the class of each, from the arrays of a .npz file: y or labels, and one for every input. */
export async function readSamples(path: string, graph: Graph, classes: number): Promise<Samples> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (error) {
    throw new FileError(`cannot read '${path}': ${reasonOf(error)}`)
  }
  const arrays = readNumpy(path, bytes)
  const key = ['y', 'labels'].find(name => arrays.has(name))
  if (key === undefined) throw new FileError(`'${path}' has no array 'y' with the class of every sample`)
  const labels = Array.from(arrays.get(key)!.values, Number)
  const feeds = feedsFrom(path, arrays, graph, key)
  if (labels.length === 0) throw new FileError(`'${path}' has no samples`)
  if (labels.length !== feeds.length)
    throw new FileError(`'${path}' has ${feeds.length} samples and ${labels.length} classes`)
  const wrong = labels.find(label => !Number.isInteger(label) || label < 0 || label >= classes)
  if (wrong !== undefined)
    throw new FileError(`'${path}' has the class ${wrong}; the model has classes 0 to ${classes - 1}`)
  return { feeds, labels }
}
