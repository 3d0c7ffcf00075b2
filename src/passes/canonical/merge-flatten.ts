import { WORD } from '../../ir/bits.ts'
import { create, type Node } from '../../ir/node.ts'
import { sameShape } from '../../ir/tensor.ts'
import { isOfInputs } from '../analysis/of-inputs.ts'
import { rewrites, rule } from '../rewrite.ts'

/**
 * A dense layer on a flattened image is a convolution whose kernel is the whole image: the image keeps its layout, and
 * the weights' columns take the order of the image instead (ONNX flattens C, H, W; the image is H, W, C). Exact.
 * A border would hold zeros around the one pixel, but parts of the image around the whole of it: such a layer stays.
 */
export const mergeFlatten = rewrites(
  'merge-flatten',
  rule('dense layer on a flattened image', 'conv2d', ({ operands: [x, weights, ...extras], attrs, origin }) => {
    const flattened = flattenedImage(x)
    if (!flattened || weights.type.shape[1] !== 1 || weights.type.shape[2] !== 1 || attrs.groups !== 1) return undefined
    if (attrs.padding.some(size => size > 0)) return undefined
    const [, h, w, c] = flattened.image.type.shape as [number, number, number, number]
    const filters = weights.type.shape[0]!
    const shape = flattened.channelsFirst ? [filters, c, h, w] : [filters, h, w, c]
    const unflattened = create('reshape', [weights], { shape }, weights.origin)
    const kernel = flattened.channelsFirst
      ? create('transpose', [unflattened], { perm: [0, 2, 3, 1] }, weights.origin)
      : unflattened
    // One tap in one place: there was nothing for a stride or a dilation to do.
    const window = { ...attrs, stride: [1, 1], dilation: [1, 1] } as const
    return create('conv2d', [flattened.image, kernel, ...extras], window, origin)
  }),
)

/** The NHWC image that a [N,1,1,K] node holds flattened, if it is larger than 1×1. */
function flattenedImage(node: Node): { image: Node; channelsFirst: boolean } | undefined {
  if (node.op !== 'reshape' || node.type.shape.length !== 4) return undefined
  const [n, h, w, k] = node.type.shape
  const [flat] = node.operands
  if (h !== 1 || w !== 1 || flat.type.shape.length !== 4 || flat.type.shape[0] !== n) return undefined
  // A vector in another position, such as channels first of one pixel: as an image it would have a word per bit.
  if (flat.type.shape.slice(1).includes(k!)) return undefined
  // What is computed from what the caller hands over is flat already, and as a vector it packs into fewer words of bits.
  if (flat.op === 'map' && isOfInputs(flat) && flat.type.shape[3]! % WORD !== 0) return undefined
  if (flat.op === 'transpose' && sameShape(flat.attrs.perm, [0, 3, 1, 2]))
    return { image: flat.operands[0], channelsFirst: true }
  return { image: flat, channelsFirst: false }
}
