import type { Graph } from '../../ir/graph.ts'
import { allocate, elements, sameShape, showType, type Tensor, type TensorType, type Values } from '../../ir/tensor.ts'
import type { Feeds } from '../../run/runner.ts'
import { FileError } from '../fail.ts'
import type { NumpyArray, NumpyFile } from './npy.ts'

/**
 * Samples from arrays, by the names of the inputs; a single input takes a single array of any name. An array has the
 * input's shape, or an axis of samples before it, or its first axis is a multiple of the input's. `except` is no input.
 */
export function feedsFrom(
  path: string,
  arrays: NumpyFile,
  { inputs }: Pick<Graph, 'inputs'>,
  except?: string,
): Feeds[] {
  const names = [...arrays.keys()].filter(name => name !== except)
  const columns = inputs.map(({ attrs: { name }, type }) => {
    const array = arrays.get(arrayOfInput(path, names, name, inputs.length))!
    return { name, samples: samplesOf(path, name, array, type) }
  })
  const counts = columns.map(({ samples }) => samples.length)
  const [count = 1] = counts
  if (counts.some(other => other !== count)) throw new FileError(`'${path}' has ${counts.join(', ')} samples per input`)
  return Array.from({ length: count }, (_, k) => new Map(columns.map(({ name, samples }) => [name, samples[k]!])))
}

/** The name of an input's array: its own, or that of the only array for the only input. */
export function arrayOfInput(path: string, names: readonly string[], input: string, inputs: number): string {
  if (names.includes(input)) return input
  if (inputs === 1 && names.length === 1) return names[0]!
  throw new FileError(`'${path}' has no array '${input}'; it has ${names.map(name => `'${name}'`).join(', ')}`)
}

function samplesOf(path: string, name: string, { shape, values }: NumpyArray, type: TensorType): Tensor[] {
  const size = elements(type.shape)
  const inner = type.shape.slice(1)
  const fits =
    sameShape(shape, type.shape) ||
    sameShape(shape.slice(1), type.shape) ||
    (sameShape(shape.slice(1), inner) && shape[0]! % type.shape[0]! === 0) ||
    // One sample without its batch axis, as images are often stored.
    (type.shape[0] === 1 && sameShape(shape, inner))
  if (!fits) throw new FileError(`'${path}' has '${name}' as [${shape}]; expected ${showType(type)} or several of them`)
  return Array.from({ length: elements(shape) / size }, (_, k) => {
    const tensor = { ...type, values: allocate(type.dtype, size) }
    if (values.constructor === tensor.values.constructor)
      return { ...type, values: (values as Values).subarray(k * size, (k + 1) * size) }
    for (let i = 0; i < size; i++) {
      const value = values[k * size + i]!
      if (type.dtype !== 'f32' && !Number.isInteger(Number(value)))
        throw new FileError(`'${path}' has the value ${value} in '${name}'; expected ${showType(type)}`)
      tensor.values[i] = tensor.values instanceof BigInt64Array ? BigInt(value) : Number(value)
      if (type.dtype !== 'f32' && BigInt(tensor.values[i]!) !== BigInt(value))
        throw new FileError(`'${path}' has the value ${value} in '${name}', which is no ${type.dtype}`)
    }
    return tensor
  })
}
