import { wordsFor } from '../../ir/bits.ts'
import type { Node } from '../../ir/node.ts'
import { MOST_PLANES } from '../analysis/coded.ts'
import { binarizeWeights } from './binarize-weights.ts'

/**
 * Most planes of an input that a layer of bits takes: every one meets each plane of the weights, and a sum of bits reads
 * words where a float layer reads channels. 0 for layers whose weights are trained floats, or not known.
 */
export function mostInputPlanes({ operands: [, weights] }: Node<'conv2d'>): number {
  const found = known.get(weights) ?? mostFor(weights)
  known.set(weights, found)
  return found
}

/** Every quantiser before a layer asks, in every round of passes. */
const known = new WeakMap<Node, number>()

function mostFor(weights: Node): number {
  if (weights.op !== 'constant' || weights.type.dtype !== 'f32') return 0
  const found = binarizeWeights(weights.attrs.value, 'centered')
  if ('refused' in found || found.trained) return 0
  const channels = weights.type.shape[3]!
  const sums = Math.max(MOST_SUMS, Math.floor(channels / wordsFor(channels)))
  return Math.min(MOST_PLANES, Math.floor(sums / found.planes.length))
}

/** Sums that are worth their while however few channels they have. */
const MOST_SUMS = 2
