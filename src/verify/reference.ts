import type { Tensor } from '../ir/tensor.ts'
import type { Feeds } from '../run/runner.ts'
import type { Arithmetic } from './bounded.ts'

/** Something else that can run the ONNX model: it maps feeds to outputs. */
export interface Reference {
  readonly name: string
  /** How it rounds what it stores. */
  readonly arithmetic: Arithmetic
  /** The nearest feeds that it can represent. */
  readonly representable: (feeds: Feeds) => Feeds
  readonly run: (feeds: Feeds) => Promise<ReadonlyMap<string, Tensor>>
  /** What every node of the model gives, by its name. */
  readonly runNodes: (feeds: Feeds) => Promise<ReadonlyMap<string, ArrayLike<number>>>
}
