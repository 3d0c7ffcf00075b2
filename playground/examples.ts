import type { PortSummary } from '../src/summary.ts'

/** How pixels from 0 to 255 become what the network was trained on: (x / 255 - mean) / std, by channel. */
export interface Scale {
  readonly mean: readonly number[]
  readonly std: readonly number[]
}

export type InputKind = 'digit' | 'picture' | 'review' | 'numbers'

export interface Example {
  readonly id: string
  readonly title: string
  readonly about: string
  /** Of the file, below models/. */
  readonly file: string
  readonly name: string
  readonly kind: InputKind
  readonly labels: readonly string[]
  readonly scale: Scale
}

const plain: Scale = { mean: [0], std: [1] }

export const examples: readonly Example[] = [
  {
    id: 'digits',
    title: 'Digits',
    about: 'LeNet-5 on MNIST, 99.38 %',
    file: 'lenet5.binary.onnx',
    name: 'lenet5',
    kind: 'digit',
    labels: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    scale: { mean: [0.1307], std: [0.3081] },
  },
  {
    id: 'pictures',
    title: 'Pictures',
    about: 'NIN on CIFAR-10, 85.1 %',
    file: 'nin.binary.onnx',
    name: 'nin',
    kind: 'picture',
    labels: ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
    scale: { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
  },
  {
    id: 'reviews',
    title: 'Reviews',
    about: 'a text network on IMDB, 87.1 %',
    file: 'textcnn.binary.onnx',
    name: 'textcnn',
    kind: 'review',
    labels: ['negative', 'positive'],
    scale: plain,
  },
]

/** Ways in which networks of others may want their pixels. */
export const scales: Readonly<Record<string, Scale>> = {
  '0 to 1': plain,
  '-1 to 1': { mean: [0.5], std: [0.5] },
  ImageNet: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
}

/** How a picture's channels, rows and columns lie in an input, where it is one. */
export interface PictureShape {
  readonly channels: 1 | 3
  readonly height: number
  readonly width: number
  readonly channelsFirst: boolean
}

export function pictureShape({ dtype, shape }: PortSummary): PictureShape | undefined {
  if (shape.length !== 4 || shape[0] !== 1 || (dtype !== 'f32' && dtype !== 'u8')) return undefined
  const isCount = (size: number | undefined): size is 1 | 3 => size === 1 || size === 3
  const [, a, b, c] = shape as [number, number, number, number]
  const found = isCount(a)
    ? { channels: a, height: b, width: c, channelsFirst: true }
    : isCount(c)
      ? { channels: c, height: a, width: b, channelsFirst: false }
      : undefined
  return found && found.height >= 4 && found.width >= 4 && found.height <= 1024 ? found : undefined
}

/** What a model of others is tried with. */
export function kindOf(inputs: readonly PortSummary[]): InputKind {
  const shape = inputs.length === 1 ? pictureShape(inputs[0]!) : undefined
  if (!shape) return 'numbers'
  return shape.channels === 1 && shape.height <= 64 && shape.width === shape.height ? 'digit' : 'picture'
}
