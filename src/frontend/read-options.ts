import type { ReadExternal } from './tensors.ts'

/** Which graph the bytes of a model are. */
export interface ReadOptions {
  /** Name of the graph; the model's own by default. */
  readonly name?: string
  /** Samples of one run, whether the file leaves them open or fixes them; by default as it says, and 1 where open. */
  readonly batch?: number
  /** Sizes of open axes, by their name in the file. */
  readonly sizes?: Readonly<Record<string, number>>
  /** Reads weights that are kept beside the model. */
  readonly readExternal?: ReadExternal
}
