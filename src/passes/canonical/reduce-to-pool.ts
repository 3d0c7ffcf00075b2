import { create } from '../../ir/node.ts'
import { rewrites, rule } from '../rewrite.ts'

/** A maximum or mean over the rows and columns of an image is a pool over all of it: global pooling, max over time. */
export const reduceToPool = rewrites(
  'reduce-to-pool',
  rule('reduce over rows and columns', 'reduce', ({ operands, attrs: { kind, axes, epilogue }, origin }) => {
    const [x, ...extras] = operands
    const { shape } = x.type
    if ((kind !== 'max' && kind !== 'mean') || shape.length !== 4) return undefined
    if (!axes.every(axis => axis === 1 || axis === 2)) return undefined
    const kernel = [axes.includes(1) ? shape[1]! : 1, axes.includes(2) ? shape[2]! : 1] as const
    const window = { stride: [1, 1], dilation: [1, 1], padding: [0, 0, 0, 0], counted: [0, 0, 0, 0] } as const
    return create('pool', [x, ...extras], { kind, kernel, ...window, epilogue }, origin)
  }),
)
