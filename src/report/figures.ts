/** Counts of values in bins of equal width: bin k is [start + k · width, start + (k + 1) · width). */
export interface Histogram {
  readonly start: number
  readonly width: number
  readonly counts: readonly number[]
  /** All values, those outside the bins among them. */
  readonly total: number
  readonly minimum: number
  readonly maximum: number
  readonly mean: number
}

/** Binary filters of one layer, as the generated code has them. */
export interface FilterFigures {
  readonly layer: number
  readonly filters: number
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly distinct: number
  /** Groups of filters that are the same bits, by index. */
  readonly equal: readonly (readonly number[])[]
  /** Pairs of filters of which one is minus the other: the first of each group. */
  readonly opposite: readonly (readonly [number, number])[]
  /** Different two-dimensional kernels [height][width] among filters × channels, where they have more than one tap. */
  readonly distinctKernels?: number
  /** Share of +1 among the weights of every filter. */
  readonly plusShare: readonly number[]
}

/** Constants of a layer's expression by what they do there: factors, summands, thresholds. */
export interface ConstantFigures {
  readonly layer: number
  readonly role: 'scale' | 'shift' | 'threshold'
  readonly values: readonly number[]
  readonly histogram: Histogram
}

/** Weights of the ONNX model before they became bits. */
export interface WeightFigures {
  readonly layer: number
  readonly histogram: Histogram
  /** mean |W| of every filter. */
  readonly alpha: readonly number[]
  /** Whether they are trained floats, and not ±alpha already. */
  readonly latent: boolean
}

/** Biases of the ONNX model, before batch normalisation and thresholds were folded with them. */
export interface BiasFigures {
  readonly layer: number
  readonly histogram: Histogram
}

/** Signs of one stage over the samples of `samples.probed`. */
export interface SignFigures {
  readonly stage: number
  /** Share of +1 of every channel (the last axis). */
  readonly plusShare: readonly number[]
  readonly never: readonly number[]
  readonly always: readonly number[]
  /** What is compared with a threshold: sums of ±1 products (whole numbers) or floats. */
  readonly sums?: Histogram
  /** Value minus threshold: below 0 the bit is -1. */
  readonly distance?: Histogram
  /** Share of bits that one flipped input bit could flip: -2 <= distance < 2. Of whole numbers only. */
  readonly fragile?: number
}
