import { create } from '../../ir/node.ts'
import { rewrites, rule } from '../rewrite.ts'

/**
 * A filter as wide as an image of one channel sees every row at once: the row becomes the channels. Text networks write
 * a sentence as an image [1, time, width] and slide filters (k, width) over it; with one channel in a word, packing bits
 * would waste 31 of 32. Rows and channels are neighbours in memory, so nothing moves. Exact.
 */
export const widenChannels = rewrites(
  'widen-channels',
  rule('filter as wide as the image', 'conv2d', ({ operands: [x, weights, ...extras], attrs, origin }) => {
    const [n, h, w, c] = x.type.shape as [number, number, number, number]
    const [filters, kh, kw] = weights.type.shape as [number, number, number]
    const [, left, , right] = attrs.padding
    // Of a single row it would be what merge-flatten undoes.
    if (c !== 1 || w === 1 || h === 1 || kw !== w || left + right > 0 || attrs.dilation[1] !== 1) return undefined
    const rows = create('reshape', [x], { shape: [n, h, 1, w] }, x.origin)
    const kernel = create('reshape', [weights], { shape: [filters, kh, 1, kw] }, weights.origin)
    return create('conv2d', [rows, kernel, ...extras], { ...attrs, stride: [attrs.stride[0], 1] }, origin)
  }),
)
