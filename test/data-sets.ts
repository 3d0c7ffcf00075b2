import { gunzipSync } from 'node:zlib'
import { readShared } from './shared.ts'

/** Samples as a network wants them, one after another, and their labels. */
export interface DataSet {
  readonly inputs: Float32Array
  readonly labels: Uint8Array
  /** Values of one sample. */
  readonly size: number
}

const gunzip = (path: string): Uint8Array => new Uint8Array(gunzipSync(readShared(path)))

/** The 10,000 MNIST test digits as [1,28,28] = (x/255 − 0.1307)/0.3081. */
export function readMnist(): DataSet {
  const pixels = gunzip('data/mnist/t10k-images-idx3-ubyte.gz').subarray(16)
  const inputs = Float32Array.from(pixels, x => (x / 255 - 0.1307) / 0.3081)
  return { inputs, labels: gunzip('data/mnist/t10k-labels-idx1-ubyte.gz').subarray(8), size: 784 }
}

/** The 10,000 CIFAR-10 test pictures as [3,32,32] = (x/255 − mean)/std per channel. */
export function readCifar10(): DataSet {
  const mean = [0.4914, 0.4822, 0.4465]
  const std = [0.247, 0.2435, 0.2616]
  const bytes = gunzip('data/cifar10/test_batch.bin.gz')
  const count = bytes.length / 3073
  const inputs = new Float32Array(count * 3072)
  const labels = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    labels[i] = bytes[i * 3073]!
    for (let k = 0; k < 3072; k++) {
      const channel = Math.floor(k / 1024)
      inputs[i * 3072 + k] = (bytes[i * 3073 + 1 + k]! / 255 - mean[channel]!) / std[channel]!
    }
  }
  return { inputs, labels, size: 3072 }
}
