/** What is added up: bits that differ from those of the weights, products with floats, or with ±1 that are bits. */
export type Sum = 'count_mismatches' | 'accumulate' | 'accumulate_signs'

/** Sums of a block of pixels by filters that are computed together, and how they lie in memory. */
export interface Block {
  readonly sum: Sum
  readonly xType: 'uint32_t' | 'float' | 'uint8_t'
  readonly weightType: string
  readonly sumType: 'int32_t' | 'float'
  /** Most pixels of a block; of one, functions have no parameters that tell pixels apart. */
  readonly pixels: number
  readonly width: number
  /** Filters side by side in the weights; `paired`: two blocks of them. */
  readonly lanes: number
  readonly paired: boolean
  readonly sumPitch: number
}

/** Sums of a block of pixels of bytes, as 16 bits, by some filters. */
export interface ProductBlock {
  /** Most pixels of a block; of one, functions have no parameters that tell pixels apart. */
  readonly pixels: number
  readonly width: number
  /** Elements of x that a step multiplies: two with weights of 16 bits for vectors, or one with a weight of 32. */
  readonly step: 1 | 2
}

/** What the sums of a block are: products, or mismatches of bits, which are half of `offset - sum`. */
export type Sums = 'f32' | 'i32' | 'counts'

/** A block of pixels by filters whose sums are compared with thresholds. */
export interface ReachBlock {
  readonly sums: Sums
  /** Most pixels of a block; of one, functions have no parameters that tell pixels apart. */
  readonly pixels: number
  readonly width: number
  readonly sumPitch: number
}
