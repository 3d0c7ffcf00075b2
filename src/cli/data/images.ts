import type { Graph } from '../../ir/graph.ts'
import { elements, sameShape, showType, type TensorType } from '../../ir/tensor.ts'
import type { Feeds } from '../../run/runner.ts'
import { FileError } from '../fail.ts'

/** How the bytes of an image lie in a file: a plane per channel, or the channels of a pixel side by side. */
export interface ImageForm {
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly order: 'planes' | 'pixels'
}

/** Makes feeds of images for a network with one input of bytes. Throws where an image does not fit. */
export function imageFeeds(
  path: string,
  { inputs }: Graph,
): (form: ImageForm, bytes: Uint8Array, file?: string) => Feeds {
  const [input] = inputs
  if (!input || inputs.length > 1)
    throw new FileError(`'${path}' has images, and the model has ${inputs.length} inputs`)
  const { type, attrs } = input
  if (type.dtype !== 'u8')
    throw new FileError(
      `'${path}' has images of bytes, and the input '${attrs.name}' is ${showType(type)}: give --input-type u8, with --mean and --std as in training`,
    )
  return (form, bytes, file = path) => new Map([[attrs.name, { ...type, values: arranged(file, form, bytes, type) }]])
}

function arranged(path: string, form: ImageForm, bytes: Uint8Array, type: TensorType): Uint8Array {
  const { height, width, channels, order } = form
  const isFlat = channels === 1 && elements(type.shape) === height * width
  const wanted = sameShape(type.shape, [1, channels, height, width])
    ? 'planes'
    : sameShape(type.shape, [1, height, width, channels])
      ? 'pixels'
      : undefined
  if (isFlat || wanted === order) return bytes
  if (wanted === undefined)
    throw new FileError(
      `'${path}' has an image of ${width} × ${height}, ${channels} channels; expected ${showType(type)}`,
    )
  const values = new Uint8Array(bytes.length)
  const area = height * width
  for (let pixel = 0; pixel < area; pixel++)
    for (let k = 0; k < channels; k++) {
      const [plane, side] = [k * area + pixel, pixel * channels + k]
      if (wanted === 'planes') values[plane] = bytes[side]!
      else values[side] = bytes[plane]!
    }
  return values
}
