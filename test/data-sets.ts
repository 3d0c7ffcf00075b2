import { gunzipSync } from 'node:zlib'
import { readShared } from './shared.ts'

/** Test samples as the bytes that a model's input wants, one after another, and what they show. */
export interface Samples {
  readonly inputs: Uint8Array
  readonly labels: Uint8Array
  /** Of images: the pixels that the inputs are made of. */
  readonly pixels?: Uint8Array
}

/** The 10,000 test digits: f32[1,1,28,28] each. */
export function mnist(count = 10_000): Samples {
  const pixels = gunzipSync(readShared('data/mnist/t10k-images-idx3-ubyte.gz')).subarray(16)
  const labels = gunzipSync(readShared('data/mnist/t10k-labels-idx1-ubyte.gz')).subarray(8)
  const chosen = new Uint8Array(pixels.subarray(0, count * 784))
  const inputs = Float32Array.from(chosen, pixel => (pixel / 255 - 0.1307) / 0.3081)
  return { inputs: new Uint8Array(inputs.buffer), labels: new Uint8Array(labels.subarray(0, count)), pixels: chosen }
}

/** The first `count` of the 10,000 test images: f32[1,3,32,32] each. */
export function cifar10(count = 10_000): Samples {
  const records = gunzipSync(readShared('data/cifar10/test_batch.bin.gz'))
  const mean = [0.4914, 0.4822, 0.4465]
  const deviation = [0.247, 0.2435, 0.2616]
  const inputs = new Float32Array(count * 3072)
  const pixels = new Uint8Array(count * 3072)
  const labels = new Uint8Array(count)
  for (let image = 0; image < count; image++) {
    labels[image] = records[image * 3073]!
    for (let k = 0; k < 3072; k++) {
      const plane = Math.floor(k / 1024)
      const pixel = records[image * 3073 + 1 + k]!
      pixels[image * 3072 + k] = pixel
      inputs[image * 3072 + k] = (pixel / 255 - mean[plane]!) / deviation[plane]!
    }
  }
  return { inputs: new Uint8Array(inputs.buffer), labels, pixels }
}

/** The 25,000 test reviews, half of them from each end: i64[1,400] each. */
export function imdb(count = 25_000): Samples {
  const tokens = gunzipSync(readShared('data/imdb/test_tokens.u16.gz'))
  const labels = gunzipSync(readShared('data/imdb/test_labels.u8.gz'))
  const inputs = new BigInt64Array(count * 400)
  const chosen = Array.from({ length: count }, (_, k) => (k % 2 ? labels.length - 1 - (k >> 1) : k >> 1))
  chosen.forEach((review, k) => {
    for (let i = 0; i < 400; i++) inputs[k * 400 + i] = BigInt(tokens.readUInt16LE((review * 400 + i) * 2))
  })
  return { inputs: new Uint8Array(inputs.buffer), labels: Uint8Array.from(chosen, review => labels[review]!) }
}

/** Share of samples whose largest of `classes` values is the label's. */
export function accuracy(values: Float32Array, { labels }: Samples): number {
  const classes = values.length / labels.length
  let right = 0
  labels.forEach((label, k) => {
    const row = values.subarray(k * classes, (k + 1) * classes)
    if (row.indexOf(Math.max(...row)) === label) right++
  })
  return right / labels.length
}
