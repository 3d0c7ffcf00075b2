import type { Node } from '../ir/node.ts'
import { numbersOf, type Tensor } from '../ir/tensor.ts'
import type { Traced } from '../run/memory.ts'
import { evaluateBounded } from './bounded.ts'

/** One value that is not what it should be. */
export interface Difference {
  /** Index per axis; of an image: n, y, x, c. */
  readonly position: readonly number[]
  readonly actual: number
  readonly expected: number
  /** Value before the comparison minus its threshold, by the interpreter; only where something is compared. */
  readonly distance?: number
}

export interface LayerComparison {
  readonly compared: number
  /** Largest difference of numbers, and the largest magnitude expected in this layer, to relate it to. */
  readonly maxDifference: number
  readonly scale: number
  /** Values that differ, but only by a jump (a sign, a rounding) that is decided within the bound of rounding errors. */
  readonly flips: number
  readonly wrong: number
  /** Indices along the last axis where something is wrong. */
  readonly wrongChannels: readonly number[]
  readonly first: Difference | undefined
  /** Values before a jump that is decided within that bound: bits that may flip. */
  readonly uncertain: number
  readonly cleanTails: boolean
}

/**
 * Compares what generated code computed for a node with what the interpreter makes of the same operands, those that the
 * generated code computed itself: a difference is this layer's, and no consequence of another one's.
 * Bits and integers must be equal, unless the bound of rounding errors leaves open which they are (`evaluateBounded`);
 * floats may differ by `tolerance` times the layer's scale.
 */
export function compareLayer(
  node: Node,
  operands: readonly Tensor[],
  traced: Traced,
  tolerance: number,
): LayerComparison {
  const { tensor, distances, bounds, open } = evaluateBounded(
    node,
    operands.map(tensor => ({ tensor })),
  )
  const expected = numbersOf(tensor)
  const actual = numbersOf(traced.tensor)
  const scale = expected.reduce(
    (most, value) => (Math.abs(value) < Infinity ? Math.max(most, Math.abs(value)) : most),
    0,
  )
  const allowed = node.type.dtype === 'f32' ? tolerance * scale : 0
  const channels = new Set<number>()
  let [compared, maxDifference, flips, wrong, uncertain] = [0, 0, 0, 0, 0]
  let first: Difference | undefined
  for (const { start, end } of traced.known)
    for (let i = start; i < end; i++) {
      compared++
      // The sign of an exact 0 is not left open by rounding.
      const options = bounds && bounds[i]! > 0 ? open.get(i) : undefined
      if (options) uncertain++
      const difference = Math.abs(actual[i]! - expected[i]!)
      if (difference <= allowed || Object.is(actual[i], expected[i])) {
        if (difference > maxDifference) maxDifference = difference
        continue
      }
      if (options?.some(option => Math.abs(actual[i]! - option) <= allowed)) {
        flips++
        continue
      }
      wrong++
      maxDifference = Number.isNaN(difference) ? Number.NaN : Math.max(maxDifference, difference)
      channels.add(i % (node.type.shape.at(-1) ?? 1))
      first ??= {
        position: positionOf(i, node.type.shape),
        actual: actual[i]!,
        expected: expected[i]!,
        ...(distances ? { distance: distances[i]! } : {}),
      }
    }
  const wrongChannels = [...channels].sort((a, b) => a - b)
  const { cleanTails } = traced
  return { compared, maxDifference, scale, flips, wrong, wrongChannels, first, uncertain, cleanTails }
}

function positionOf(index: number, shape: readonly number[]): number[] {
  const position: number[] = []
  let rest = index
  for (const size of [...shape].reverse()) {
    position.unshift(rest % size)
    rest = Math.floor(rest / size)
  }
  return position
}
