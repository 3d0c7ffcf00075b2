import { wordsFor } from '../ir/bits.ts'
import { type Convolution, extrasOf } from '../ir/epilogue.ts'
import type { Node } from '../ir/node.ts'
import type { Pair, Window } from '../ir/ops.ts'
import type { Shape } from '../ir/tensor.ts'
import type { ConvolutionParams, WindowParams } from '../plan/kernels.ts'
import type { Call } from '../plan/plan.ts'
import { type Draft, makeCall } from './draft.ts'
import { thenMap } from './map.ts'
import { imageStore } from './store.ts'

/** NHWC shapes and a window as the numbers that kernels want. */
export const windowParams = (image: Shape, result: Shape, kernel: Pair, window: Window): WindowParams => {
  const [images, inHeight, inWidth] = image as [number, number, number]
  const [, outHeight, outWidth] = result as [number, number, number]
  return {
    images,
    inHeight,
    inWidth,
    outHeight,
    outWidth,
    kernelHeight: kernel[0],
    kernelWidth: kernel[1],
    strideY: window.stride[0],
    strideX: window.stride[1],
    dilationY: window.dilation[0],
    dilationX: window.dilation[1],
    padTop: window.padding[0],
    padLeft: window.padding[1],
    inRing: images * inHeight,
    outRing: images * outHeight,
  }
}

export function convolutionParams({ operands, attrs, type }: Convolution): ConvolutionParams {
  const [x, weights] = operands
  const [filters, kernelHeight, kernelWidth, channels] = weights.type.shape as [number, number, number, number]
  const window = windowParams(x.type.shape, type.shape, [kernelHeight, kernelWidth], attrs)
  return { ...window, groups: attrs.groups, channels, filters }
}

export function lowerConvolution(node: Convolution, draft: Draft): Call[] {
  const [x, weights] = node.operands
  const params = convolutionParams(node)
  const at = { name: draft.nameOf(node), origin: node.origin }
  const buffers = { x: draft.bufferOf(x), weights: draft.bufferOf(weights) }
  const y = draft.bufferOf(node)
  const store = (accumulator: 'f32' | 'i32') =>
    imageStore(node, accumulator, node.attrs.epilogue, extrasOf(node), draft)
  switch (node.op) {
    case 'conv2d':
      return [makeCall('conv2d', at, buffers, params, y, store('f32'))]
    case 'binaryConv2d':
      return [makeCall('binaryConv2d', at, buffers, { ...params, words: wordsFor(params.channels) }, y, store('i32'))]
    case 'integerConv2d': {
      const offsets = draft.bufferOf(node.operands[2])
      return [makeCall('integerConv2d', at, { ...buffers, offsets }, params, y, store('i32'))]
    }
  }
}

export function lowerPool(node: Node<'pool'>, draft: Draft): Call[] {
  const [x, ...extras] = node.operands
  const { kind, kernel, counted, epilogue } = node.attrs
  const channels = x.type.shape[3]!
  const params = { ...windowParams(x.type.shape, node.type.shape, kernel, node.attrs), channels, counted }
  const at = { name: draft.nameOf(node), origin: node.origin }
  if (x.type.dtype !== 'bit') {
    const store = imageStore(node, x.type.dtype, epilogue, extras, draft)
    return [makeCall('pool', at, { x: draft.bufferOf(x) }, { ...params, kind }, draft.bufferOf(node), store)]
  }
  return thenMap(node, draft, y => [
    makeCall('poolBits', at, { x: draft.bufferOf(x) }, { ...params, words: wordsFor(channels) }, y),
  ])
}
