/** Elements that are rounded with regard to each other. */
const CHUNK = 160
/** How alike neighbouring pixels of an image are, and channels of a pixel; the exact numbers matter little. */
const NEIGHBOURS = 0.95
const CHANNELS = 0.95

/**
 * Rounds filters [kernel y][kernel x][channels] to integers so that what is lost cancels on images, where neighbours are
 * alike: each weight also makes up for what those behind it lost, as far as an image's values there foretell its own. In
 * terms of the correlation C = L·D·Lᵀ of the pixels under a filter, the error's variance is Σ D[k]·(Lᵀ·lost)[k]², and
 * rounding from the last weight to the first leaves at most a half of each (Lᵀ·lost)[k].
 */
export function roundWeights(
  filters: readonly Float64Array[],
  kernelWidth: number,
  channels: number,
): readonly Int32Array[] {
  const rounded = filters.map(filter => new Int32Array(filter.length))
  const length = filters[0]?.length ?? 0
  for (let start = 0; start < length; start += CHUNK) {
    const size = Math.min(CHUNK, length - start)
    const foretells = lowerFactor(size, (i, k) => alike(start + i, start + k, kernelWidth, channels))
    filters.forEach((filter, o) => {
      const lost = new Float64Array(size)
      for (let k = size - 1; k >= 0; k--) {
        let wanted = filter[start + k]!
        for (let j = k + 1; j < size; j++) wanted += foretells[j * size + k]! * lost[j]!
        const weight = Math.round(wanted)
        lost[k] = filter[start + k]! - weight
        rounded[o]![start + k] = weight
      }
    })
  }
  return rounded
}

/** Correlation of two elements of a window: it falls with every step between their pixels. */
function alike(a: number, b: number, kernelWidth: number, channels: number): number {
  const [p, q] = [Math.floor(a / channels), Math.floor(b / channels)]
  const rows = Math.abs(Math.floor(p / kernelWidth) - Math.floor(q / kernelWidth))
  const columns = Math.abs((p % kernelWidth) - (q % kernelWidth))
  return NEIGHBOURS ** (rows + columns) * (a % channels === b % channels ? 1 : CHANNELS)
}

/** L of C = L·D·Lᵀ, row-major, with ones on its diagonal. C is positive definite. */
function lowerFactor(size: number, correlation: (i: number, k: number) => number): Float64Array {
  const factor = new Float64Array(size * size)
  const scale = new Float64Array(size)
  for (let k = 0; k < size; k++)
    for (let i = k; i < size; i++) {
      let rest = correlation(i, k)
      for (let j = 0; j < k; j++) rest -= factor[i * size + j]! * factor[k * size + j]! * scale[j]!
      if (i === k) scale[k] = rest
      factor[i * size + k] = rest / scale[k]!
    }
  return factor
}
