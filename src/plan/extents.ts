import { WORD, wordsFor } from '../ir/bits.ts'
import type { ByRows, CopyParams, KernelName, Operand, Store, WindowParams } from './kernels.ts'
import type { Buffer, Call } from './plan.ts'

/** How much of a buffer a call uses, in elements of the buffer. */
export interface Extent {
  readonly role: string
  readonly buffer: Buffer
  readonly length: number
  /** Whether the buffer must be exactly as long, or only long enough. */
  readonly exact: boolean
  /** Channels of a row if the buffer holds packed bits whose rows are known. */
  readonly channels?: number
}

type Extents = { readonly [K in KernelName]: (call: Call<K>) => readonly Extent[] }

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1)

const whole = (role: string, buffer: Buffer, length: number, channels?: number): Extent => ({
  role,
  buffer,
  length,
  exact: true,
  ...(channels === undefined ? {} : { channels }),
})

/** Length of a result of `rows` rows of `channels` values. */
const rowsOf = ({ result }: Store, rows: number, channels: number): number =>
  rows * (result === 'bit' ? wordsFor(channels) : channels)

/** Sizes of what y holds, without its channels. */
const keptOf = ({ sizes, rowsKept }: { readonly sizes: readonly number[] } & ByRows): number[] => {
  const rows = sizes.slice(0, -1)
  return rowsKept === undefined ? rows : [rowsKept, ...rows.slice(1)]
}

const kernels: Extents = {
  map: ({ params, y, store }) => [
    whole('y', y, rowsOf(store, product(keptOf(params)), params.sizes.at(-1)!)),
    ...operandsOver(store, params.sizes),
  ],
  conv2d: ({ params, buffers, y, store }) => {
    const { channels, groups, filters, kernelHeight, kernelWidth } = params
    const bits = buffers.weights.element === 'u32'
    const taps = filters * kernelHeight * kernelWidth
    return [
      whole('x', buffers.x, params.inRing * params.inWidth * groups * channels),
      whole('weights', buffers.weights, taps * (bits ? wordsFor(channels) : channels), channels),
      ...image(params, filters, y, store),
    ]
  },
  binaryConv2d: ({ params, buffers, y, store }) => {
    const { channels, words, groups, filters, kernelHeight, kernelWidth } = params
    return [
      whole('x', buffers.x, params.inRing * params.inWidth * groups * words, channels),
      whole('weights', buffers.weights, filters * kernelHeight * kernelWidth * wordsFor(channels), channels),
      ...image(params, filters, y, store),
    ]
  },
  integerConv2d: ({ params, buffers, y, store }) => {
    const { channels, groups, filters, kernelHeight, kernelWidth } = params
    const taps = filters * kernelHeight * kernelWidth
    return [
      whole('x', buffers.x, params.inRing * params.inWidth * groups * channels),
      whole('weights', buffers.weights, taps * channels),
      whole('offsets', buffers.offsets, taps),
      ...image(params, filters, y, store),
    ]
  },
  pool: ({ params, buffers, y, store }) => [
    whole('x', buffers.x, params.inRing * params.inWidth * params.channels),
    ...image(params, params.channels, y, store),
  ],
  poolBits: ({ params, buffers, y, store }) => [
    whole('x', buffers.x, params.inRing * params.inWidth * params.words, params.channels),
    ...image(params, params.channels, y, store),
  ],
  reduce: ({ params, buffers, y, store }) => [
    reach('x', buffers.x, [...params.sizes, ...params.innerSizes], [...params.strides, ...params.innerStrides]),
    whole('y', y, rowsOf(store, product(keptOf(params)), params.sizes.at(-1)!)),
    ...operandsOver(store, params.sizes),
  ],
  gather: ({ params: { count, rows, length }, buffers, y }) => [
    whole('table', buffers.table, rows * length),
    whole('indices', buffers.indices, count),
    whole('y', y, count * length),
  ],
  fill: ({ y }) => [whole('y', y, y.length)],
  copy: ({ params, buffers, y }) => moved(params, buffers.x, y, 1),
  copyBits: ({ params, buffers, y }) => moved(params, buffers.x, y, WORD),
}

/** What a call touches of its buffers. */
export const extentsOf = (call: Call): readonly Extent[] =>
  (kernels[call.kernel] as (call: Call) => readonly Extent[])(call)

const image = (params: WindowParams, channels: number, y: Buffer, store: Store): Extent[] => [
  params.within
    ? reach('y', y, [params.outRing * params.outWidth, channels], [params.within.pitch, 1], params.within.from)
    : whole('y', y, rowsOf(store, params.outRing * params.outWidth, channels)),
  ...operandsOver(store, [params.images * params.outHeight, params.outWidth, channels]),
]

const operandsOver = ({ operands }: Store, sizes: readonly number[]): Extent[] =>
  operands.map(({ buffer, dtype, strides }, k): Extent => {
    const role = `operand ${k}`
    if (dtype !== 'bit') return reach(role, buffer, sizes, strides)
    const channels = strides.at(-1) === 1 ? sizes.at(-1)! : 1
    const rows = reach(role, buffer, sizes.slice(0, -1), strides.slice(0, -1))
    return { ...rows, length: rows.length + wordsFor(channels) - 1, channels }
  })

/** A strided walk from element `start` must stay inside; one past the last element it touches, negative if below 0. */
function reach(
  role: string,
  buffer: Buffer,
  sizes: readonly number[],
  strides: Operand['strides'],
  start = 0,
  elementsPerEntry = 1,
): Extent {
  const steps = sizes.map((size, axis) => (size - 1) * strides[axis]!)
  const lowest = start + steps.reduce((sum, step) => sum + Math.min(step, 0), 0)
  const highest = start + steps.reduce((sum, step) => sum + Math.max(step, 0), 0)
  const length = lowest < 0 ? -1 : Math.floor(highest / elementsPerEntry) + 1
  return { role, buffer, length, exact: false }
}

const moved = (
  { sizes, from, fromStrides, to, toStrides }: CopyParams,
  x: Buffer,
  y: Buffer,
  bits: number,
): Extent[] => [reach('x', x, sizes, fromStrides, from, bits), reach('y', y, sizes, toStrides, to, bits)]
