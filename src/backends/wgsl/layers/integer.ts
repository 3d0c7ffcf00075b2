import type { Call } from '../../../plan/plan.ts'
import { indexText } from '../names.ts'
import { resultContext } from './elementwise.ts'
import { createBinder, type Layer, type Scope, sampleStride, unbound } from './layer.ts'
import { commentOf } from './value.ts'
import { tapSteps, windowContext, windowTitle } from './windows.ts'

/** One invocation for each result, or word of results, straight from the neutral weights. */
export function integerLayer(call: Call<'integerConv2d'>, scope: Scope): Layer {
  const { params, buffers } = call
  const { groups, channels, images, inHeight, inWidth, outHeight, outWidth, filters, kernelHeight, kernelWidth } =
    params
  const binder = createBinder(scope)
  const x = binder.read('x', buffers.x)
  const weights = binder.read('weights', buffers.weights)
  const offsets = binder.read('offsets', buffers.offsets)
  const { grid, names, ...context } = resultContext(call, [images * outHeight, outWidth, filters], scope, binder, 4)
  const shapes = `[${inHeight}][${inWidth}][${groups * channels}] bytes to [${outHeight}][${outWidth}][${filters}]`
  const pitch = groups * channels
  return {
    ...unbound('wgsl/kernels/convolution-integer.wgsl', {
      ...windowContext(params),
      ...context,
      comment: commentOf(
        call,
        `Integer convolution ${windowTitle(params)}${groups > 1 ? `, ${groups} groups` : ''}: ${shapes}.`,
      ),
      summed: scope.name('summed'),
      arguments: ['sample', ...names].join(', '),
      x,
      weights,
      offsets,
      depth: channels,
      from: indexText(
        ['sample', 'image_row + y', 'x', groups === 1 ? '0' : `channel / ${filters / groups}`],
        [sampleStride(buffers.x), inWidth * pitch, pitch, groups === 1 ? 0 : channels],
      ),
      tap: indexText(['channel', 'ky', 'kx'], [kernelHeight * kernelWidth, ...tapSteps(params, 1)]),
    }),
    bindings: binder.all(),
    grid,
  }
}
