import type { Node } from '../../ir/node.ts'
import type { Padding, Pair } from '../../ir/ops.ts'
import { reshape, toChannelsFirst, toChannelsLast } from './build.ts'
import { toFloat } from './cast.ts'
import { type Context, type Importer, operand, unsupported } from './context.ts'
import { hasEmptyWindow } from './empty-windows.ts'
import { asIs } from './expressions.ts'
import { fromImage, kernelOf, type ReadWindow, readWindow, toImage } from './window.ts'

const none: Padding = [0, 0, 0, 0]

/** x: [N,C,(H,)W] → [N,C,(H',)W']. */
export const pooling: Record<'MaxPool' | 'AveragePool' | 'GlobalMaxPool' | 'GlobalAveragePool', Importer> = {
  MaxPool: context => {
    // The order of indices in the second output, which is not supported.
    context.attributes.ignore('storage_order')
    const x = operand(context, 0)
    const pooled = slidingPool(context, 'max', () => none)
    const type = context.elementTypeOf(x)
    if (type !== undefined) context.declare(pooled, type)
    return pooled
  },
  AveragePool: context => {
    const counts = context.attributes.oneOf('count_include_pad', 0, 1) === 1
    return slidingPool(context, 'mean', window => (counts ? window.declared : none))
  },
  GlobalMaxPool: context => globalPool(context, 'max'),
  GlobalAveragePool: context => globalPool(context, 'mean'),
}

function slidingPool(context: Context, kind: 'max' | 'mean', countedIn: (window: ReadWindow) => Padding): Node {
  const x = operand(context, 0)
  const isByte = x.type.dtype === 'u8' || x.type.dtype === 'i8'
  const { image, spatial } = toImage(context, isByte ? toFloat(context, x) : x)
  const [, , height, width] = image.type.shape as [number, number, number, number]
  const kernel = kernelOf(context, spatial)
  const window = readWindow(context, [height, width], kernel, spatial)
  refuseEmptyWindows(context, [height, width], kernel, window)
  const { stride, dilation, padding } = window
  const attrs = { kind, kernel, stride, dilation, padding, counted: countedIn(window), epilogue: asIs }
  return fromImage(
    context,
    toChannelsFirst(context, context.make('pool', [toChannelsLast(context, image)], attrs)),
    spatial,
  )
}

/** A window as large as the image; values of other ranks than 3 and 4 are reduced over their spatial axes. */
function globalPool(context: Context, kind: 'max' | 'mean'): Node {
  const x = operand(context, 0)
  const { shape } = x.type
  if (shape.length < 3) throw unsupported(context, `takes a value of rank ${shape.length}`, 'rank 3 and above')
  const [n, c] = shape as [number, number]
  // Any number of spatial axes is one long row to a pool over everything.
  const [height, width]: Pair =
    shape.length === 4 ? [shape[2]!, shape[3]!] : [1, shape.slice(2).reduce((product, size) => product * size, 1)]
  const image = toChannelsLast(context, reshape(context, x, [n, c, height, width]))
  const attrs = {
    kind,
    kernel: [height, width],
    stride: [1, 1],
    dilation: [1, 1],
    padding: none,
    counted: none,
  } as const
  const pooled = toChannelsFirst(context, context.make('pool', [image], { ...attrs, epilogue: asIs }))
  return reshape(context, pooled, [n, c, ...shape.slice(2).map(() => 1)])
}

/** A window wholly in the padding has no maximum and no mean. */
function refuseEmptyWindows(context: Context, image: Pair, kernel: Pair, window: ReadWindow): void {
  const { stride, dilation, padding } = window
  for (const axis of [0, 1] as const) {
    const along = { size: image[axis], kernel: kernel[axis], stride: stride[axis], dilation: dilation[axis] }
    if (hasEmptyWindow({ ...along, before: padding[axis], after: padding[axis + 2]! }))
      throw unsupported(context, `has a window that lies in the padding [${padding}]`, 'windows that touch the image')
  }
}
