import type { Tensor } from '../../src/ir/tensor.ts'
import type { PortSummary } from '../../src/summary.ts'
import { pictureShape, type Scale } from '../examples.ts'
import type { Feeds } from '../protocol.ts'

/** Where an input is made: it says whenever there is another one. */
export interface InputPanel {
  readonly element: HTMLElement
  /** The first input, so that there is something to see. */
  readonly start: () => void
}

export type OnInput = (feeds: Feeds) => void

/** Pixels of a canvas as the network takes them; a single channel is the mean of the three. */
export function tensorOfPixels(port: PortSummary, { width, height, data }: ImageData, { mean, std }: Scale): Tensor {
  const { channels, channelsFirst } = pictureShape(port)!
  const size = width * height
  const values = port.dtype === 'u8' ? new Uint8Array(size * channels) : new Float32Array(size * channels)
  const part = (pixel: number, channel: number): number =>
    channels === 3 ? data[4 * pixel + channel]! : (data[4 * pixel]! + data[4 * pixel + 1]! + data[4 * pixel + 2]!) / 3
  const scaled = (value: number, k: number): number =>
    port.dtype === 'u8' ? value : (value / 255 - (mean[k] ?? mean[0]!)) / (std[k] ?? std[0]!)
  for (let pixel = 0; pixel < size; pixel++)
    for (let k = 0; k < channels; k++)
      values[channelsFirst ? k * size + pixel : pixel * channels + k] = scaled(part(pixel, k), k)
  return { dtype: port.dtype, shape: port.shape, values }
}
