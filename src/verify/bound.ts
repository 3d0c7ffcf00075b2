import type { Tensor } from '../ir/tensor.ts'

/** A value with a bound, per element, of how far another computation of it may be off; undefined where it is exact. */
export interface Bounded {
  readonly tensor: Tensor
  readonly errors?: Float32Array
}
