import { isArg } from '../../ir/expr.ts'
import { constant, create, type Node } from '../../ir/node.ts'
import type { Tensor } from '../../ir/tensor.ts'
import { rewrites, rule } from '../rewrite.ts'

/**
 * Flipped input channels of a binary convolution are flipped weights instead: (x ^ m) ^ w = x ^ (m ^ w).
 * Exact, with padding too: taps outside the image add nothing either way.
 */
export const foldFlips = rewrites(
  'fold-flips',
  rule('flipped channels', 'binaryConv2d', ({ operands: [x, weights, ...extras], attrs, origin }) => {
    const flipped = flippedImage(x)
    if (!flipped || weights.op !== 'constant' || attrs.groups !== 1) return undefined
    const mask = flipped.mask
    const { value } = weights.attrs
    const values = Uint8Array.from(value.values as Uint8Array, (bit, i) => bit ^ mask[i % mask.length]!)
    const signs: Tensor = { ...value, values }
    return create('binaryConv2d', [flipped.image, constant(signs, weights.origin), ...extras], attrs, origin)
  }),
)

/** The image and, per channel, whether it is flipped. */
function flippedImage(x: Node): { image: Node; mask: Uint8Array } | undefined {
  if (x.op !== 'map') return undefined
  const { expr } = x.attrs
  const [image, mask] = x.operands
  const channels = x.type.shape[3]!
  if (expr.fn === 'not' && isArg(expr.args[0]!, 0) && image!.type.dtype === 'bit')
    return { image: image!, mask: new Uint8Array(channels).fill(1) }
  if (expr.fn !== 'xor' || mask?.op !== 'constant' || mask.attrs.value.values.length !== channels) return undefined
  if (!isArg(expr.args[0]!, 0) || !isArg(expr.args[1]!, 1) || mask.type.shape[3] !== channels) return undefined
  return { image: image!, mask: mask.attrs.value.values as Uint8Array }
}
