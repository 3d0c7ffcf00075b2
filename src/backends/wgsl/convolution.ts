import { wordsFor } from '../../ir/bits.ts'
import type { Buffer, Call } from '../plan.ts'
import { arrangeFilters, arrangeSigns, chooseTile, type FilterShape, QUAD } from './arrange.ts'
import { resultContext } from './elementwise.ts'
import { type Binder, createBinder, type Kernel, type Scope, sampleStride } from './kernel.ts'
import { indexText } from './names.ts'
import { commentOf, dataOf, valueFunction } from './value.ts'
import { alongColumns, alongRows, staysInside, tapCount, windowContext, windowTitle } from './windows.ts'

/** Names that a tiled kernel declares besides its buffers. */
const ROLES = ['window', 'load', 'quad', 'finish', 'xs', 'ws', 'inside', 'nibbles']

type Convolution = Call<'conv2d' | 'binaryConv2d'>

/** What differs between sums of products and counts of unlike bits. */
interface Arithmetic {
  readonly binary: boolean
  /** Elements or words of one tap of one group. */
  readonly depth: number
  /** Type in workgroup memory, and of an accumulator there. */
  readonly type: 'f32' | 'u32'
}

const arithmeticOf = ({ kernel, params }: Convolution): Arithmetic =>
  kernel === 'binaryConv2d'
    ? { binary: true, depth: wordsFor(params.channels), type: 'u32' }
    : { binary: false, depth: params.channels, type: 'f32' }

export function convolutionKernel(call: Convolution, scope: Scope): Kernel {
  const { params, buffers, store } = call
  const straddles = store.result === 'bit' && params.groups > 1 && (params.filters / params.groups) % 32 !== 0
  // Tiles that would hold mostly nothing: a depthwise convolution has one filter in a group.
  const thin = params.groups > 1 && params.filters / params.groups < QUAD
  const fixed = buffers.weights.place.kind === 'constant' && buffers.x.place.kind !== 'constant'
  return straddles || thin || !fixed ? directKernel(call, scope) : tiledKernel(call, scope)
}

function titleOf(call: Convolution, how: string): string {
  const { inHeight, inWidth, channels, groups, outHeight, outWidth, filters } = call.params
  const kind = call.kernel === 'binaryConv2d' ? 'Binary' : 'Float'
  const shapes = `[${inHeight}][${inWidth}][${groups * channels}] to [${outHeight}][${outWidth}][${filters}]`
  return commentOf(
    call,
    `${kind} convolution ${windowTitle(call.params)}${groups > 1 ? `, ${groups} groups` : ''}: ${shapes}. ${how}`,
  )
}

/** Sums for a tile of pixels × filters, window and filters going through workgroup memory in chunks of the depth. */
function tiledKernel(call: Convolution, scope: Scope): Kernel {
  const { params, store } = call
  const { groups, images, outHeight, outWidth, kernelHeight, kernelWidth, inHeight, inWidth } = params
  const { binary, depth, type } = arithmeticOf(call)
  const filters = params.filters / groups
  const window = kernelHeight * kernelWidth * depth
  const bits = store.result === 'bit'
  const pixels = images * outHeight * outWidth
  const tile = chooseTile(pixels, filters, window, bits)
  const binder = createBinder(scope)
  const x = binder.read('x', call.buffers.x)
  const weights = bindWeights(call, binder, { groups, filters, depth: window }, binary)
  const value = valueFunction(call, ['row', 'column', 'channel'], scope, binder, 3)
  const filterTiles = Math.ceil(filters / (tile.deep * QUAD))
  const inside = staysInside(alongRows(params)) && staysInside(alongColumns(params))
  const count = `${tapCount('top', alongRows(params))} * ${tapCount('left', alongColumns(params))}`
  return {
    template: 'wgsl/kernels/convolution-tiled.wgsl',
    context: {
      ...windowContext(params),
      ...tile,
      ...weights,
      entry: scope.entry,
      comment: titleOf(call, `${QUAD * tile.across} pixels x ${QUAD * tile.deep} filters in a workgroup.`),
      threads: tile.across * tile.deep,
      x,
      y: binder.write(call.y),
      valueText: value.text,
      value: `${value.name}(${sumText(call, binary, count)}, sample, row, column, channel)`,
      names: Object.fromEntries(ROLES.map(n => [n, scope.name(n)])),
      type,
      binary,
      masked: binary && !inside,
      bits,
      window,
      ragged: window % tile.chunk !== 0,
      pixelsOfQuad: Array.from({ length: QUAD }, (_, at) => ({ at, of: 'xyzw'[at] })),
      pixels,
      rows: images * outHeight,
      outHeight,
      outWidth,
      grouped: groups > 1,
      filterTiles,
      groupDepth: depth,
      pitch: groups * depth,
      imageLength: inHeight * inWidth * groups * depth,
      rowLength: inWidth * groups * depth,
      strideX: params.strideX,
      strideY: params.strideY,
      padTop: params.padTop,
      padLeft: params.padLeft,
      tapOffset: indexText(
        ['ky', 'kx', `(base + k) % ${depth}`, 'group'],
        [params.dilationY * inWidth * groups * depth, params.dilationX * groups * depth, 1, groups > 1 ? depth : 0],
      ),
      load: loadText(call.buffers.x, binary),
      filters,
      allFilters: params.filters,
      words: wordsFor(params.filters),
      groupWords: wordsFor(filters),
      tileWords: (tile.deep * QUAD) / 32,
      quads: Math.ceil(filters / QUAD),
      nibbleCount: tile.across * QUAD * tile.deep,
    },
    bindings: binder.all(),
    grid: { items: pixels, group: tile.across * QUAD, rows: groups * filterTiles },
  }
}

/** The accumulator from what was added up. Bits count where they differ: that many products were -1. */
const sumText = ({ params }: Convolution, binary: boolean, taps: string): string =>
  binary ? `${params.channels} * ${/^\d+ \* \d+$/.test(taps) ? `(${taps})` : taps} - 2 * i32(sums[j])` : 'sums[j]'

const loadText = ({ element }: Buffer, binary: boolean): { open: string; close: string } =>
  !binary && element !== 'f32' ? { open: 'f32(', close: ')' } : { open: '', close: '' }

function bindWeights(
  { buffers: { weights }, params }: Convolution,
  binder: Binder,
  shape: FilterShape,
  binary: boolean,
) {
  if (weights.element === 'u32' && !binary) {
    const data = arrangeSigns(dataOf(weights) as Uint32Array, shape, params.channels)
    const key = `${weights.name} signs of ${shape.groups}`
    return {
      weights: binder.readArranged('weights', { key, data }, 'u32'),
      signs: true,
      signWords: Math.ceil(shape.filters / 32),
    }
  }
  const key = `${weights.name} quads of ${shape.groups}`
  const type = weights.element === 'u32' ? 'vec4u' : 'vec4f'
  const data = arrangeFilters(dataOf(weights), shape)
  return { weights: binder.readArranged('weights', { key, data }, type), signs: false, signWords: 0 }
}

/** One invocation for each result, or word of results, straight from the neutral weights. */
function directKernel(call: Convolution, scope: Scope): Kernel {
  const { params, buffers } = call
  const { groups, images, outHeight, outWidth, filters, kernelHeight, kernelWidth } = params
  const { binary, depth, type } = arithmeticOf(call)
  const binder = createBinder(scope)
  const x = binder.read('x', buffers.x)
  const weights = binder.read('weights', buffers.weights)
  const sizes = [images * outHeight, outWidth, filters]
  const { grid, ...context } = resultContext(call, sizes, scope, binder, 3)
  const count = `${tapCount('top', alongRows(params))} * ${tapCount('left', alongColumns(params))}`
  const signs = !binary && buffers.weights.element === 'u32'
  const weightDepth = buffers.weights.element === 'u32' ? wordsFor(params.channels) : params.channels
  const weightAt = ['sample', 'channel', 'ky', 'kx']
  const taps = kernelHeight * kernelWidth * weightDepth
  const weightSteps = [sampleStride(buffers.weights), taps, kernelWidth * weightDepth, weightDepth]
  return {
    template: 'wgsl/kernels/convolution-direct.wgsl',
    context: {
      ...windowContext(params),
      ...context,
      comment: titleOf(call, ''),
      summed: scope.name('summed'),
      arguments: ['sample', ...context.names].join(', '),
      x,
      weights,
      binary,
      signs,
      type: binary ? 'i32' : 'f32',
      start: type === 'f32' ? '0.0f' : '0u',
      depth,
      load: loadText(buffers.x, binary),
      from: indexText(
        ['sample', 'image_row + y', 'x', groups === 1 ? '0' : `channel / ${filters / groups}`],
        [sampleStride(buffers.x), params.inWidth * groups * depth, groups * depth, groups === 1 ? 0 : depth],
      ),
      tap: indexText(weightAt, weightSteps),
      sum: binary ? `${params.channels} * ${count} - 2 * i32(a)` : 'a',
    },
    bindings: binder.all(),
    grid,
  }
}
